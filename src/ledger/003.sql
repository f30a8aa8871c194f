-- Version 3: text messages that people sent, so that each is taken in once; and how many were sent in a day.

CREATE TABLE doorbell_inbound(
  sid             TEXT PRIMARY KEY,          -- the provider's number of the message
  received_at     INTEGER NOT NULL,          -- when doorbell first saw it
  from_shown      TEXT NOT NULL,             -- the number, masked; empty once its person was forgotten
  state           TEXT NOT NULL CHECK(state IN ('added','stopped','started','unknown','ignored')),
  recipient       TEXT NOT NULL DEFAULT '',  -- whose it is: agent:7 or contact:12; empty: nobody's
  conversation_id TEXT,                      -- where it was added
  told_at         INTEGER                    -- unknown: when the operator heard of it
) STRICT, WITHOUT ROWID;

-- The budget of a day, and who was texted at a number.
CREATE INDEX doorbell_delivery_texts ON doorbell_delivery(queued_at) WHERE channel = 'sms';
