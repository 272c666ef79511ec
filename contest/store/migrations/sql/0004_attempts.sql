-- When somebody started, on the contest's clock: their own time runs from there, whatever pauses come. Null: an attempt of before.
ALTER TABLE podium_attempt ADD COLUMN started_s double precision;
