-- Who was told what: an announcement to groups is for those who were in them when it was posted, whatever groups they are in later.
CREATE TABLE podium_announcement_told (
    participant_id  uuid NOT NULL REFERENCES contests_participant (id) ON DELETE CASCADE,
    announcement_id uuid NOT NULL REFERENCES podium_announcement (id) ON DELETE CASCADE,
    PRIMARY KEY (participant_id, announcement_id)
);
CREATE INDEX podium_announcement_told_announcement ON podium_announcement_told (announcement_id);
