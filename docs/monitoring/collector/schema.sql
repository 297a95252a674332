-- What kiosks tell, for kioskd-collector. May be run again: nothing that is there is changed.

-- Each record as it came, once: by the kiosk, the stream and the record's number in it.
CREATE TABLE IF NOT EXISTS record (
  kiosk text NOT NULL,
  stream text NOT NULL,
  seq bigint NOT NULL CHECK (seq > 0),
  body jsonb NOT NULL,
  received timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (kiosk, stream, seq)
);
CREATE INDEX IF NOT EXISTS record_sale ON record (kiosk, (body ->> 'saleId')) WHERE stream = 'sales';
CREATE INDEX IF NOT EXISTS record_closed ON record ((body ->> 'closedAt')) WHERE stream = 'sales';

-- A number that came again with another content, as after a journal was replaced. Somebody has to look.
CREATE TABLE IF NOT EXISTS conflict (
  kiosk text NOT NULL,
  stream text NOT NULL,
  seq bigint NOT NULL,
  body jsonb NOT NULL,
  received timestamptz NOT NULL DEFAULT now()
);

-- What is true of a kiosk now, by topic: status, health, faults.
CREATE TABLE IF NOT EXISTS state (
  kiosk text NOT NULL,
  topic text NOT NULL,
  body jsonb NOT NULL,
  received timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (kiosk, topic)
);

-- Closed sales, each as its last record has it.
CREATE OR REPLACE VIEW sale AS
SELECT DISTINCT ON (kiosk, body ->> 'saleId')
  kiosk,
  body ->> 'saleId' AS sale,
  seq,
  body ->> 'position' AS position,
  body ->> 'outcome' AS outcome,
  body ->> 'reason' AS reason,
  body ->> 'product' AS product,
  body ->> 'sku' AS sku,
  (body ->> 'quantity')::numeric AS quantity,
  body ->> 'unit' AS unit,
  (body ->> 'unitPrice')::numeric AS unit_price,
  body ->> 'currency' AS currency,
  (body ->> 'charged')::numeric AS charged,
  (body ->> 'tax')::numeric AS tax,
  (body ->> 'loss')::numeric AS loss,
  body ->> 'reference' AS reference,
  body ->> 'provider' AS service,
  (body ->> 'closedAt')::timestamptz AS closed
FROM record
WHERE stream = 'sales'
ORDER BY kiosk, body ->> 'saleId', seq DESC;

-- Money that went back, each refund once, and none that a bank has sent back.
CREATE OR REPLACE VIEW refund AS
SELECT DISTINCT ON (kiosk, body ->> 'refundId')
  kiosk,
  body ->> 'refundId' AS refund,
  body ->> 'saleId' AS sale,
  (body ->> 'amountMinor')::bigint AS amount_minor,
  body ->> 'currency' AS currency,
  to_timestamp((body ->> 'atMs')::bigint / 1000.0) AS made
FROM record
WHERE stream = 'refunds' AND body ->> 'type' = 'made' AND NOT EXISTS (
  SELECT 1 FROM record AS later WHERE later.kiosk = record.kiosk AND later.stream = 'refunds'
  AND later.body ->> 'type' = 'returned' AND later.body ->> 'refundId' = record.body ->> 'refundId'
)
ORDER BY kiosk, body ->> 'refundId', seq;

-- Numbers that are missing in a stream: `republish` from the first of them brings them.
CREATE OR REPLACE VIEW gap AS
SELECT kiosk, stream, previous + 1 AS first, seq - 1 AS last
FROM (SELECT kiosk, stream, seq, lag(seq, 1, 0::bigint) OVER (PARTITION BY kiosk, stream ORDER BY seq) AS previous FROM record) AS numbered
WHERE seq > previous + 1;
