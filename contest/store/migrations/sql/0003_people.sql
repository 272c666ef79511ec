-- People: their doors, and everything they do beside submitting. Only adds: code of the version before runs beside it.

-- Roles per contest. podium_person.role and contest_id stay the first of them, for code of the version before.
ALTER TABLE podium_person
    ADD COLUMN version         bigint NOT NULL DEFAULT 1,
    ADD COLUMN disabled_at     timestamptz,
    ADD COLUMN password_set_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN password_given  boolean NOT NULL DEFAULT false;   -- set by somebody else: to be changed at the next log-in

CREATE TABLE podium_role (
    person_id  uuid NOT NULL REFERENCES podium_person (id) ON DELETE CASCADE,
    role       text NOT NULL CHECK (role IN ('viewer', 'proctor', 'grader', 'organiser', 'operator')),
    contest_id uuid REFERENCES contests_contest (id),            -- null: every contest
    given_at   timestamptz NOT NULL DEFAULT now(),
    given_by   text NOT NULL DEFAULT 'podium',
    UNIQUE NULLS NOT DISTINCT (person_id, role, contest_id)
);
INSERT INTO podium_role (person_id, role, contest_id) SELECT id, role, contest_id FROM podium_person WHERE role <> 'contestant';

-- A log-in. What is ended before it expires is worth nothing any more: processes read what was ended lately.
CREATE TABLE podium_session (
    id         uuid PRIMARY KEY,
    user_id    uuid NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('password', 'code', 'external')),
    contest_id uuid,                                             -- null: staff
    address    text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    ended_at   timestamptz
);
CREATE INDEX podium_session_user ON podium_session (user_id, expires_at);
CREATE INDEX podium_session_ended ON podium_session (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX podium_session_expires ON podium_session (expires_at);

-- Everything given to this user (for this contest, if one is named) before `at` is worth nothing.
CREATE TABLE podium_revocation (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id    uuid NOT NULL,
    contest_id uuid,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    reason     text NOT NULL
);
CREATE INDEX podium_revocation_at ON podium_revocation (at);

CREATE TABLE podium_api_key (
    id            uuid PRIMARY KEY,
    name          text NOT NULL,
    secret_sha256 bytea NOT NULL UNIQUE,
    role          text NOT NULL CHECK (role IN ('viewer', 'proctor', 'grader', 'organiser', 'operator')),
    contest_id    uuid REFERENCES contests_contest (id),
    scopes        text[] NOT NULL,                               -- '<noun>:read', '<noun>:write'
    created_by    text NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    expires_at    timestamptz,
    revoked_at    timestamptz,
    last_used_at  timestamptz
);

-- Contests: what is told to people, and how their time and answers are treated.
ALTER TABLE podium_contest
    ADD COLUMN rules        text NOT NULL DEFAULT '',            -- Markdown, shown before the start
    ADD COLUMN consent      text NOT NULL DEFAULT '',            -- what has to be agreed to; '': nothing
    ADD COLUMN own_time_s   integer CHECK (own_time_s > 0),      -- from one's own start; null: all have the whole duration
    ADD COLUMN feedback     text NOT NULL DEFAULT 'at_once' CHECK (feedback IN ('at_once', 'after_end', 'never')),
    ADD COLUMN shuffle      boolean NOT NULL DEFAULT false,      -- the order of questions, by participant
    ADD COLUMN opinions     smallint NOT NULL DEFAULT 1 CHECK (opinions IN (1, 2)),
    ADD COLUMN collected_at timestamptz;                         -- all saved answers have become submissions

-- Removed intervals, as CLICS has them. until null: paused now.
CREATE TABLE podium_pause (
    id             uuid PRIMARY KEY,
    contest_id     uuid NOT NULL REFERENCES contests_contest (id) ON DELETE CASCADE,
    since          timestamptz NOT NULL,
    until          timestamptz,
    contest_time_s double precision NOT NULL,
    reason         text
);
CREATE UNIQUE INDEX podium_pause_open ON podium_pause (contest_id) WHERE until IS NULL;
CREATE INDEX podium_pause_contest ON podium_pause (contest_id, since);

ALTER TABLE podium_group
    ADD COLUMN version      bigint NOT NULL DEFAULT 1,
    ADD COLUMN delay_s      integer NOT NULL DEFAULT 0 CHECK (delay_s >= 0),
    ADD COLUMN extra_time_s integer NOT NULL DEFAULT 0 CHECK (extra_time_s >= 0);

ALTER TABLE podium_participant
    ADD COLUMN version       bigint NOT NULL DEFAULT 1,
    ADD COLUMN time_factor   double precision NOT NULL DEFAULT 1 CHECK (time_factor >= 1 AND time_factor <= 10),
    ADD COLUMN accommodation text NOT NULL DEFAULT '',           -- for staff
    ADD COLUMN code_hmac     bytea UNIQUE,                       -- of the personal code, under a key that is not in the database
    ADD COLUMN code_made_at  timestamptz;

ALTER TABLE podium_question
    ADD COLUMN version    bigint NOT NULL DEFAULT 1,
    ADD COLUMN statement  text NOT NULL DEFAULT '',              -- Markdown
    ADD COLUMN body       jsonb NOT NULL DEFAULT '{}',           -- what contestants see beside it, by kind: options, unit, limits
    ADD COLUMN answer_key jsonb,                                 -- what they never see: right options, value and tolerance, accepted texts
    ADD COLUMN rubric     jsonb NOT NULL DEFAULT '[]',           -- [{"id", "text", "points"}], for graders
    ADD COLUMN shuffle    boolean NOT NULL DEFAULT false;        -- the order of options, by participant

-- Attempts and answers: what Podium adds to the monolith's tables.
CREATE TABLE podium_attempt (
    attempt_id   uuid PRIMARY KEY REFERENCES attempts_attempt (id) ON DELETE CASCADE,
    contest_id   uuid NOT NULL REFERENCES contests_contest (id),
    consented_at timestamptz,
    devices      text[] NOT NULL DEFAULT '{}',
    collected_at timestamptz                                     -- its saved answers have become submissions
);
CREATE INDEX podium_attempt_uncollected ON podium_attempt (contest_id) WHERE collected_at IS NULL;

CREATE TABLE podium_answer (
    attempt_id     uuid NOT NULL REFERENCES attempts_attempt (id) ON DELETE CASCADE,
    question_id    uuid NOT NULL REFERENCES contests_question (id),
    version        bigint NOT NULL DEFAULT 1,
    device         text NOT NULL,
    contest_time_s double precision NOT NULL,
    PRIMARY KEY (attempt_id, question_id)
);
-- What somebody's other device overwrote: no keystroke is lost.
CREATE TABLE podium_answer_overwritten (
    attempt_id  uuid NOT NULL REFERENCES attempts_attempt (id) ON DELETE CASCADE,
    question_id uuid NOT NULL REFERENCES contests_question (id),
    version     bigint NOT NULL,
    value       jsonb NOT NULL,
    device      text NOT NULL,
    saved_at    timestamptz NOT NULL,
    PRIMARY KEY (attempt_id, question_id, version)
);

CREATE TABLE podium_file (
    id          uuid PRIMARY KEY,
    contest_id  uuid NOT NULL REFERENCES contests_contest (id),
    attempt_id  uuid REFERENCES attempts_attempt (id) ON DELETE CASCADE,
    question_id uuid REFERENCES contests_question (id),
    name        text NOT NULL,
    media_type  text NOT NULL,
    size_bytes  bigint NOT NULL,
    sha256      bytea NOT NULL,
    path        text NOT NULL,                                   -- in the object store
    stored_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX podium_file_attempt ON podium_file (attempt_id, question_id);

-- Grading: who works on what, opinions before they become a judgement, and how a judgement came about.
CREATE TABLE podium_claim (
    subject_kind text NOT NULL CHECK (subject_kind IN ('submission', 'clarification')),
    subject_id   uuid NOT NULL,
    contest_id   uuid NOT NULL REFERENCES contests_contest (id) ON DELETE CASCADE,
    person_id    text NOT NULL,
    claimed_at   timestamptz NOT NULL,
    until        timestamptz NOT NULL,
    PRIMARY KEY (subject_kind, subject_id)
);
CREATE INDEX podium_claim_contest ON podium_claim (contest_id, until);

ALTER TABLE podium_judgement
    ADD COLUMN kind    text NOT NULL DEFAULT 'manual' CHECK (kind IN ('manual', 'automatic', 'override')),
    ADD COLUMN rubric  jsonb,                                    -- {"<rubric id>": points}
    ADD COLUMN comment text;                                     -- for the contestant

CREATE TABLE podium_opinion (
    id            uuid PRIMARY KEY,
    contest_id    uuid NOT NULL REFERENCES contests_contest (id),
    submission_id uuid NOT NULL REFERENCES podium_submission (id),
    person_id     text NOT NULL,
    verdict       text NOT NULL,
    score         double precision,
    rubric        jsonb,
    comment       text,
    given_at      timestamptz NOT NULL,
    UNIQUE (submission_id, person_id)                            -- a second opinion is another person's
);
CREATE INDEX podium_submission_question ON podium_submission (contest_id, question_id, arrival);

-- Being told, asking and answering.
ALTER TABLE podium_announcement
    ADD COLUMN group_ids      uuid[],                            -- to these groups; null: not to groups
    ADD COLUMN participant_id uuid REFERENCES contests_participant (id);

CREATE TABLE podium_clarification (
    id             uuid PRIMARY KEY,
    contest_id     uuid NOT NULL REFERENCES contests_contest (id) ON DELETE CASCADE,
    participant_id uuid NOT NULL REFERENCES contests_participant (id),
    question_id    uuid REFERENCES contests_question (id),
    text           text NOT NULL,
    asked_at       timestamptz NOT NULL,
    contest_time_s double precision NOT NULL,
    answer         text,
    to_all         boolean NOT NULL DEFAULT false,
    answered_by    text,
    answered_at    timestamptz
);
CREATE INDEX podium_clarification_contest ON podium_clarification (contest_id, asked_at);
CREATE INDEX podium_clarification_participant ON podium_clarification (participant_id, asked_at);

CREATE TABLE podium_canned_answer (
    id         uuid PRIMARY KEY,
    contest_id uuid NOT NULL REFERENCES contests_contest (id) ON DELETE CASCADE,
    title      text NOT NULL,
    text       text NOT NULL,
    UNIQUE (contest_id, title)
);
