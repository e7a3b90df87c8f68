import { text } from '../http-rules.ts';
import { parseDate, parseMoney } from './formats.ts';
import type { Order } from './portal-data.ts';
import type { Theme } from './theme.ts';
import { fill } from './theme.ts';

export const orderFields = [
  'supplier',
  'item',
  'quantity',
  'unit-price',
  'reference',
  'needed-by',
  'terms',
] as const;
export type OrderField = (typeof orderFields)[number];
export type OrderValues = Readonly<Record<OrderField, string>>;
export type OrderErrors = Readonly<Partial<Record<OrderField, string>>>;
export type OrderDraft = Omit<Order, 'number' | 'totalCents' | 'raisedOn'>;

export const maxTextLength = 120;

export const emptyOrder: OrderValues = {
  supplier: '',
  item: '',
  quantity: '',
  'unit-price': '',
  reference: '',
  'needed-by': '',
  terms: '',
};

export function readOrderForm(theme: Theme, body: unknown): OrderValues {
  const read = (field: OrderField): [OrderField, string] => [field, text(body, theme.field(field))];
  return Object.fromEntries(orderFields.map(read)) as Record<OrderField, string>;
}

/** The name a field goes by on the page, for labels and error messages. */
export function orderFieldLabel(theme: Theme, field: OrderField): string {
  const { wording } = theme;
  return {
    supplier: wording.supplier,
    item: wording.item,
    quantity: wording.quantity,
    'unit-price': wording.unitPrice,
    reference: wording.reference,
    'needed-by': wording.neededBy,
    terms: wording.acceptTerms,
  }[field];
}

export function checkOrder(
  theme: Theme,
  suppliers: readonly string[],
  values: OrderValues,
): { readonly draft: OrderDraft } | { readonly errors: OrderErrors } {
  const { wording, formats } = theme;
  const errors: Partial<Record<OrderField, string>> = {};
  const refuse = (field: OrderField, message: string, example = ''): void => {
    errors[field] = fill(message, {
      field: orderFieldLabel(theme, field),
      max: maxTextLength,
      example,
    });
  };

  if (!suppliers.includes(values.supplier)) refuse('supplier', wording.errorSupplier);
  for (const field of ['item', 'reference'] as const) {
    if (values[field] === '') refuse(field, wording.errorRequired);
    else if (values[field].length > maxTextLength) refuse(field, wording.errorTooLong);
  }
  const quantity = /^[1-9]\d{0,3}$/.test(values.quantity) ? Number(values.quantity) : undefined;
  if (quantity === undefined) refuse('quantity', wording.errorQuantity);
  const unitCents = parseMoney(values['unit-price']);
  if (unitCents === undefined || unitCents === 0)
    refuse('unit-price', wording.errorPrice, formats.priceExample);
  const neededBy = parseDate(values['needed-by'], formats.datePattern);
  if (neededBy === undefined) refuse('needed-by', wording.errorDate, formats.datePattern);
  if (values.terms !== 'yes') refuse('terms', wording.errorTerms);

  if (
    quantity === undefined ||
    unitCents === undefined ||
    neededBy === undefined ||
    Object.keys(errors).length > 0
  ) {
    return { errors };
  }
  const { supplier, item, reference } = values;
  return { draft: { supplier, item, quantity, unitCents, reference, neededBy } };
}
