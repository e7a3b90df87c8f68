import { portNumber, wholeNumber, type CommandKit } from '../command-kit.ts';

/** Programs that stay up, and the machine under them. */
export function addPlatformCommands({ program, act, json }: CommandKit): void {
  program
    .command('up')
    .description('keep the platform and its API up')
    .option('--port <port>', 'default: PORT, or 8080', portNumber)
    .option('--slots <number>', 'runs at once', wholeNumber(1, 64))
    .option(
      '--gcp-emulators',
      "on Google Cloud's emulators: every function a process of its own, started anew when its source changes",
    )
    .option('--executors <number>', 'with --gcp-emulators: default 2', wholeNumber(1, 16))
    .addOption(json())
    .action(act(async () => (await import('./up.ts')).upCommand));
  program
    .command('doctor')
    .description('say what this machine lacks, and how to get it')
    .option('--gcp', 'what the Google Cloud project lacks instead (RODEX_PLATFORM=gcp)')
    .addOption(json())
    .action(act(async () => (await import('./doctor.ts')).doctorCommand));
  program
    .command('deploy')
    .description('Google Cloud, before Terraform makes anything there')
    .command('plan')
    .description('say what is missing before a deployment, what will exist, and what it costs')
    .option('--project <id>', 'default: GOOGLE_CLOUD_PROJECT')
    .option('--region <region>', 'of functions and executors', 'us-central1')
    .option('--bucket-prefix <name>', 'what names of buckets begin with; default: the project')
    .option('--tenant <tenant...>', 'tenants that start runs by messages')
    .option('--executors <number>', 'the most there shall be', wholeNumber(1, 1_000), 5)
    .option('--warm <number>', 'executors that always run', wholeNumber(1, 1_000), 1)
    .option('--runs <number>', 'runs of ten steps to count', wholeNumber(1, 1_000_000_000), 1_000)
    .addOption(json())
    .action(act(async () => (await import('./deploy-plan.ts')).deployPlanCommand));
  program
    .command('gemini-server')
    .description('serve the offline planner over the Gemini wire protocol, SSE and Live')
    .option(
      '--script <file>',
      'answer from a script with its faults instead: a JSON list of answers',
    )
    .option('--port <port>', 'default: any', portNumber)
    .addOption(json())
    .action(act(async () => (await import('./gemini-server.ts')).geminiServerCommand));
}
