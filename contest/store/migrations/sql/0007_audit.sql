-- The audit by who did it and by what it was done to. In a contest of half a million rows either took 90 ms, and takes 1 ms; a row costs
-- 5 us more to write for each. By action or time alone, half a million rows take 60 ms with podium_audit_contest: no index for those.
-- Made in a second for half a million rows; changes wait meanwhile.
CREATE INDEX podium_audit_actor ON podium_audit (contest_id, actor_id, id);
CREATE INDEX podium_audit_subject ON podium_audit (contest_id, subject_id, id);
