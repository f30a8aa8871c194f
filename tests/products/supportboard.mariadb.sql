-- Support Board's tables as its installer makes them (release 3.8), as far as doorbell or an index looks at them, and a
-- desk to fill them with.
--
--   mariadb --init-command="SET @conversations = 200000, @waiting = 3000" DATABASE <supportboard.mariadb.sql
--
-- About ten messages a conversation. `waiting` of the conversations wait for an answer; a few thousand of the others are
-- not archived either, and hold what is easily mistaken: bots, empty messages, answers by other agents.

SET @conversations = coalesce(@conversations, 200000), @waiting = coalesce(@waiting, 3000);
SET @every = @conversations DIV @waiting, @now = utc_timestamp(), unique_checks = 0, foreign_key_checks = 0;
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE sb_users (
  id int NOT NULL AUTO_INCREMENT, first_name varchar(100) NOT NULL, last_name varchar(100) NOT NULL,
  password varchar(100), email varchar(191) UNIQUE, profile_image varchar(191), user_type varchar(10) NOT NULL,
  creation_time datetime NOT NULL, token varchar(50) NOT NULL UNIQUE, last_activity datetime, typing int DEFAULT -1,
  department tinyint, PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE sb_users_data (
  id int NOT NULL AUTO_INCREMENT, user_id int NOT NULL, slug varchar(191) NOT NULL, name varchar(191) NOT NULL,
  value text NOT NULL, PRIMARY KEY (id), FOREIGN KEY (user_id) REFERENCES sb_users (id) ON DELETE CASCADE,
  UNIQUE INDEX sb_users_data_index (user_id, slug)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE sb_conversations (
  id int NOT NULL AUTO_INCREMENT, user_id int NOT NULL, title varchar(191), creation_time datetime NOT NULL,
  status_code tinyint DEFAULT 0, department tinyint, agent_id int, source varchar(2), extra varchar(191),
  extra_2 varchar(191), tags varchar(191), PRIMARY KEY (id),
  FOREIGN KEY (agent_id) REFERENCES sb_users (id) ON DELETE CASCADE,
  FOREIGN KEY (user_id) REFERENCES sb_users (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE sb_messages (
  id int NOT NULL AUTO_INCREMENT, user_id int NOT NULL, message text NOT NULL, creation_time datetime NOT NULL,
  status_code tinyint DEFAULT 0, attachments text, payload text, conversation_id int NOT NULL, PRIMARY KEY (id),
  FOREIGN KEY (user_id) REFERENCES sb_users (id) ON DELETE CASCADE,
  FOREIGN KEY (conversation_id) REFERENCES sb_conversations (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- People: an administrator, thirty-nine agents (the first nineteen without a department), a bot; then those who ask.
INSERT INTO sb_users (id, first_name, last_name, email, user_type, creation_time, token, last_activity, department)
  SELECT seq, 'Agent', seq, concat('agent', seq, '@desk.example'), if(seq = 1, 'admin', 'agent'), @now, concat('a', seq),
         @now - INTERVAL seq MINUTE, if(seq < 21, NULL, 1 + seq MOD 4)
  FROM seq_1_to_40;
INSERT INTO sb_users (id, first_name, last_name, user_type, creation_time, token) VALUES (41, 'Robot', '', 'bot', @now, 'bot');
INSERT INTO sb_users (id, first_name, last_name, email, user_type, creation_time, token, last_activity)
  SELECT 41 + seq, 'User', seq, if(seq MOD 3 > 0, concat('user', seq, '@mail.example'), NULL),
         elt(1 + seq MOD 3, 'visitor', 'lead', 'user'), @now, concat('u', seq), @now
  FROM seq_1_to_1000000 WHERE seq <= @conversations DIV 2;
INSERT INTO sb_users_data (user_id, slug, name, value)
  SELECT id, 'phone', 'Phone', concat('+4477009', lpad(id, 5, '0')) FROM sb_users WHERE id MOD 4 = 0;

-- What becomes of each conversation, from its number alone: every run makes the same desk, only later.
--   case_: 0 to 9 of one that waits (even: nobody looked; odd: looked at, not answered); 10 answered and not seen,
--   11 answered and seen, 14 archived on the user's word, 16 archived
CREATE TABLE plan (PRIMARY KEY (id)) ENGINE=InnoDB AS
SELECT seq AS id, CAST(3 + (seq * 7919) MOD 15 AS int) AS n, CAST(1 + (seq * 31) MOD 40 AS int) AS agent,
       CAST(42 + seq MOD (@conversations DIV 2) AS int) AS user,
       CAST(CASE WHEN waits THEN (seq DIV @every) MOD 10
         ELSE CASE (seq * 13) MOD 100 WHEN 0 THEN 10 WHEN 1 THEN 10 WHEN 2 THEN 11 WHEN 5 THEN 14
              ELSE 16 END END AS int) AS case_,
       CAST(waits AS int) AS waits,
       CAST(CASE WHEN waits OR (seq * 13) MOD 100 < 2 THEN 60 * (30 + (seq * 17) MOD 6000)
            ELSE 3600 + 31536000 * (1 - seq / @conversations) END AS int) AS age
FROM (SELECT seq, seq MOD @every = 0 AND seq DIV @every <= @waiting AS waits
      FROM seq_1_to_1000000 WHERE seq <= @conversations) numbered;

-- who: contact, agent, other (another agent), bot, empty (a line of the program, without words)
CREATE TABLE written (PRIMARY KEY (at, id, j)) ENGINE=InnoDB AS
SELECT p.id, CAST(s.seq AS int) AS j, p.agent, p.user,
  @now - INTERVAL p.age SECOND + INTERVAL s.seq * 45 + (p.id + s.seq * 7) MOD 40 SECOND AS at,
  CAST(CASE
    WHEN p.waits AND s.seq = p.n AND p.case_ IN (5, 6) THEN 'empty'
    WHEN p.waits AND s.seq >= p.n - 1 - p.case_ MOD 3 THEN 'contact'
    WHEN p.case_ IN (10, 16) AND s.seq = p.n THEN 'agent'
    WHEN p.case_ = 11 AND s.seq = p.n THEN 'other'
    WHEN p.case_ = 14 AND s.seq = p.n THEN 'contact'
    WHEN s.seq = 1 THEN 'contact'
    ELSE elt(1 + (p.id + s.seq * s.seq * 7) MOD 10, 'contact', 'contact', 'contact', 'contact', 'agent', 'agent', 'agent',
             'other', 'bot', 'empty')
  END AS varchar(8)) AS who
FROM plan p JOIN seq_1_to_20 s ON s.seq <= p.n;

-- References are not checked row by row: the conversations come last, from what was said in them.
INSERT INTO sb_messages (user_id, message, creation_time, attachments, payload, conversation_id)
SELECT CASE who WHEN 'contact' THEN user WHEN 'bot' THEN 41 WHEN 'empty' THEN 41 WHEN 'other' THEN 1 + agent MOD 40
         ELSE agent END,
       if(who = 'empty', '', concat('Message ', j, ' of ', id)), at,
       if((id + j) MOD 50 = 0, '[["picture.png","https://files.example/picture.png"]]', ''),
       if(who = 'empty', '{"event":"open"}', ''), id
FROM written ORDER BY at, id, j;

INSERT INTO sb_conversations (id, user_id, title, creation_time, status_code, department, agent_id, source)
SELECT p.id, p.user, if(p.id MOD 5 = 0, concat('About ', p.id), NULL), @now - INTERVAL p.age SECOND,
       CASE WHEN p.waits THEN if(p.case_ MOD 2 = 0, 2, 0) WHEN p.case_ = 10 THEN 1 WHEN p.case_ = 11 THEN 0
            ELSE 3 END,
       if(p.id MOD 3 = 0, 1 + p.id MOD 4, NULL), if(p.case_ IN (8, 9), NULL, p.agent), if(p.id MOD 6 = 0, 'em', NULL)
FROM plan p;

DROP TABLE plan, written;
SET foreign_key_checks = 1;
ANALYZE TABLE sb_users, sb_users_data, sb_conversations, sb_messages;
