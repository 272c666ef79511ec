-- The monolith's tables (its names and columns; made here when it is not there), then ours beside them.
-- Times are timestamptz; contest times are seconds since the contest's start on its own clock.

CREATE TABLE IF NOT EXISTS contests_contest (
    id          uuid PRIMARY KEY,
    title       varchar(200) NOT NULL,
    description text NOT NULL DEFAULT '',
    status      varchar(20) NOT NULL DEFAULT 'draft',   -- draft, scheduled, ongoing, ended, finalized
    start_at    timestamptz,
    end_at      timestamptz,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS contests_question (
    id         uuid PRIMARY KEY,
    contest_id uuid NOT NULL REFERENCES contests_contest (id),
    title      varchar(200) NOT NULL,
    kind       varchar(20) NOT NULL DEFAULT 'code',
    points     numeric(8, 2) NOT NULL DEFAULT 1,
    position   integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS contests_question_contest ON contests_question (contest_id, position);

CREATE TABLE IF NOT EXISTS contests_participant (
    id           uuid PRIMARY KEY,
    contest_id   uuid NOT NULL REFERENCES contests_contest (id),
    user_id      uuid NOT NULL,
    display_name varchar(200) NOT NULL,
    joined_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT contests_participant_once UNIQUE (contest_id, user_id)
);

CREATE TABLE IF NOT EXISTS attempts_attempt (
    id             uuid PRIMARY KEY,
    contest_id     uuid NOT NULL REFERENCES contests_contest (id),
    participant_id uuid NOT NULL REFERENCES contests_participant (id),
    status         varchar(20) NOT NULL DEFAULT 'ongoing',
    started_at     timestamptz NOT NULL,
    submitted_at   timestamptz,
    CONSTRAINT attempts_attempt_once UNIQUE (participant_id)
);

CREATE TABLE IF NOT EXISTS attempts_answer (
    id          uuid PRIMARY KEY,
    attempt_id  uuid NOT NULL REFERENCES attempts_attempt (id),
    question_id uuid NOT NULL REFERENCES contests_question (id),
    value       jsonb NOT NULL,
    saved_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT attempts_answer_once UNIQUE (attempt_id, question_id)
);

-- What Podium adds to a contest. started_at .. finalized_at are facts (CLICS state); freeze_after_s is the plan,
-- frozen_from_s the latched fact. The clock: contest time = clock_contest_s + (now - clock_at) * clock_rate.
CREATE TABLE podium_contest (
    contest_id      uuid PRIMARY KEY REFERENCES contests_contest (id) ON DELETE CASCADE,
    version         bigint NOT NULL DEFAULT 1,
    public          boolean NOT NULL DEFAULT true,
    rehearsal       boolean NOT NULL DEFAULT false,
    scoring         text NOT NULL DEFAULT 'icpc' CHECK (scoring IN ('icpc', 'ioi')),
    penalty_s       integer NOT NULL DEFAULT 1200 CHECK (penalty_s >= 0),
    duration_s      integer NOT NULL CHECK (duration_s > 0),
    freeze_after_s  integer CHECK (freeze_after_s >= 0),
    frozen_from_s   double precision,
    started_at      timestamptz,
    frozen_at       timestamptz,
    ended_at        timestamptz,
    thawed_at       timestamptz,
    finalized_at    timestamptz,
    clock_at        timestamptz,
    clock_contest_s double precision NOT NULL DEFAULT 0,
    clock_rate      double precision NOT NULL DEFAULT 1 CHECK (clock_rate >= 0),
    theme           jsonb,
    external_id     text
);

CREATE TABLE podium_question (
    question_id uuid PRIMARY KEY REFERENCES contests_question (id) ON DELETE CASCADE,
    contest_id  uuid NOT NULL REFERENCES contests_contest (id),
    label       text NOT NULL,
    color       text,
    external_id text,
    UNIQUE (contest_id, label),
    UNIQUE (contest_id, external_id)
);

CREATE TABLE podium_group (
    id          uuid PRIMARY KEY,
    contest_id  uuid NOT NULL REFERENCES contests_contest (id),
    name        text NOT NULL,
    hidden      boolean NOT NULL DEFAULT false,
    external_id text,
    UNIQUE (contest_id, external_id)
);

CREATE TABLE podium_participant (
    participant_id uuid PRIMARY KEY REFERENCES contests_participant (id) ON DELETE CASCADE,
    contest_id     uuid NOT NULL REFERENCES contests_contest (id),
    group_ids      uuid[] NOT NULL DEFAULT '{}',
    ranked         boolean NOT NULL DEFAULT true,
    hidden         boolean NOT NULL DEFAULT false,
    removed_at     timestamptz,
    delay_s        integer NOT NULL DEFAULT 0,
    extra_time_s   integer NOT NULL DEFAULT 0,
    external_id    text,
    UNIQUE (contest_id, external_id)
);

CREATE TABLE podium_submission (
    id             uuid PRIMARY KEY,
    contest_id     uuid NOT NULL REFERENCES contests_contest (id),
    participant_id uuid NOT NULL REFERENCES contests_participant (id),
    question_id    uuid NOT NULL REFERENCES contests_question (id),
    arrival        bigint GENERATED ALWAYS AS IDENTITY,   -- order of arrival, breaks ties of contest_time_s
    contest_time_s double precision NOT NULL,
    received_at    timestamptz NOT NULL DEFAULT now(),
    language       text,
    source         text,
    answer         jsonb,
    submitted_by   uuid NOT NULL,
    external_id    text,
    deleted_at     timestamptz,
    UNIQUE (contest_id, external_id)
);
CREATE INDEX podium_submission_participant ON podium_submission (contest_id, participant_id);

-- At most one judgement of a submission counts.
CREATE TABLE podium_judgement (
    id            uuid PRIMARY KEY,
    contest_id    uuid NOT NULL REFERENCES contests_contest (id),
    submission_id uuid NOT NULL REFERENCES podium_submission (id),
    verdict       text NOT NULL,
    score         double precision,
    is_current    boolean NOT NULL DEFAULT true,
    judged_at     timestamptz NOT NULL DEFAULT now(),
    judged_by     uuid NOT NULL,
    reason        text,
    external_id   text,
    deleted_at    timestamptz,
    UNIQUE (contest_id, external_id)
);
CREATE UNIQUE INDEX podium_judgement_current ON podium_judgement (submission_id) WHERE is_current AND deleted_at IS NULL;
CREATE INDEX podium_judgement_contest ON podium_judgement (contest_id);

CREATE TABLE podium_announcement (
    id         uuid PRIMARY KEY,
    contest_id uuid NOT NULL REFERENCES contests_contest (id),
    text       text NOT NULL,
    posted_at  timestamptz NOT NULL DEFAULT now(),
    posted_by  uuid NOT NULL
);
CREATE INDEX podium_announcement_contest ON podium_announcement (contest_id, posted_at);

-- People with power. role organiser, grader, proctor, operator; contest_id null: all contests.
CREATE TABLE podium_person (
    id            uuid PRIMARY KEY,
    login         text NOT NULL UNIQUE,
    name          text NOT NULL,
    role          text NOT NULL,
    contest_id    uuid REFERENCES contests_contest (id),
    password_hash text NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now()
);

-- A committed change that must be seen. Unmarked rows are taken in any order of commit; never "ids above the last".
CREATE TABLE podium_outbox (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    contest_id   uuid NOT NULL,
    topic        text NOT NULL,          -- see contest/wire/between.py
    subject      uuid,                   -- the user or object it is about
    body         jsonb NOT NULL DEFAULT '{}',
    created_at   timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz
);
CREATE INDEX podium_outbox_unpublished ON podium_outbox (id) WHERE published_at IS NULL;
CREATE INDEX podium_outbox_published ON podium_outbox (published_at) WHERE published_at IS NOT NULL;

-- Who did what to what, and why. Written in the transaction of the change itself.
CREATE TABLE podium_audit (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL DEFAULT now(),
    actor_id   text NOT NULL,
    actor_role text NOT NULL,
    action     text NOT NULL,            -- noun.verb
    contest_id uuid,
    subject_id text,
    before     jsonb,
    after      jsonb,
    reason     text
);
CREATE INDEX podium_audit_contest ON podium_audit (contest_id, id);

-- What a request with an Idempotency-Key was answered, per person and path.
CREATE TABLE podium_idempotency (
    person_id    text NOT NULL,
    path         text NOT NULL,
    key          text NOT NULL,
    body_sha256  bytea NOT NULL,
    status       integer NOT NULL,
    response     bytea NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (person_id, path, key)
);
