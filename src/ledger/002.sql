-- Version 2: each network of phones works or fails on its own, tokens are kept from pass to pass.

-- The way out: email, sms, push.apns, .. Where version 1 did not know the network, any will do: the next attempt looks.
ALTER TABLE doorbell_delivery ADD COLUMN gateway TEXT NOT NULL DEFAULT '';
UPDATE doorbell_delivery SET gateway = CASE channel WHEN 'push' THEN 'push.fcm' ELSE channel END;

-- Gateways that did not work when they were last tried.
ALTER TABLE doorbell_outage RENAME COLUMN channel TO gateway;
DELETE FROM doorbell_outage WHERE gateway = 'push';

-- What providers want to be shown again, and mind when it is made anew in every pass. Secret, and good for an hour.
CREATE TABLE doorbell_token(
  gateway TEXT PRIMARY KEY,
  key     TEXT NOT NULL,    -- whose it is: of no use once the settings name other keys
  value   TEXT NOT NULL,
  made_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
