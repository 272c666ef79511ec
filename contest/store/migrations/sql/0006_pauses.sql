-- What the clock ran at before it was stopped, to go on so: a rehearsal's may run faster than the day.
ALTER TABLE podium_pause ADD COLUMN clock_rate double precision NOT NULL DEFAULT 1;
