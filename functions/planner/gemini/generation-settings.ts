import type { Planning } from '../../../shared/contracts/planning.ts';

/** The deployment's settings under those of one task. A task that names one way of thinking does not inherit the other. */
export function mergedPlanning(
  deployment: Planning,
  task: Omit<Planning, 'form'>,
): Omit<Planning, 'form'> {
  const { form: _form, thinkingLevel, thinkingBudget, ...rest } = deployment;
  const thinks = task.thinkingLevel !== undefined || task.thinkingBudget !== undefined;
  return {
    ...rest,
    ...(!thinks && thinkingLevel !== undefined && { thinkingLevel }),
    ...(!thinks && thinkingBudget !== undefined && { thinkingBudget }),
    ...task,
  };
}

/** What both protocols take under the same names. Thoughts are asked for wherever thinking is configured: people watch them. */
export function generationSettings(planning: Omit<Planning, 'form'> = {}): object {
  const { thinkingLevel, thinkingBudget, temperature, mediaResolution } = planning;
  const thinking =
    thinkingLevel !== undefined
      ? { thinkingLevel: thinkingLevel.toUpperCase() }
      : thinkingBudget !== undefined
        ? { thinkingBudget }
        : undefined;
  return {
    ...(temperature !== undefined && { temperature }),
    ...(mediaResolution !== undefined && {
      mediaResolution: `MEDIA_RESOLUTION_${mediaResolution.toUpperCase()}`,
    }),
    ...(thinking && { thinkingConfig: { ...thinking, includeThoughts: true } }),
  };
}

export function safetySettings(planning: Omit<Planning, 'form'> = {}): object {
  const settings = Object.entries(planning.safety ?? {}).map(([category, threshold]) => ({
    category,
    threshold,
  }));
  return settings.length > 0 ? { safetySettings: settings } : {};
}
