-- What is kept for an Idempotency-Key is forgotten by age; without this every look for old ones reads the whole table.
CREATE INDEX podium_idempotency_created ON podium_idempotency (created_at);
