-- Live Helper Chat's tables as its installer makes them (release 4.90), as far as doorbell or an index looks at them,
-- and a desk to fill them with.
--
--   mariadb --init-command="SET @conversations = 200000, @waiting = 3000" DATABASE <livehelperchat.mariadb.sql
--
-- About ten messages a chat. `waiting` of the chats wait for an answer; a few thousand of the others are open and
-- answered, and hold what is easily mistaken: whispers, bots, system lines, chats that were answered but not looked at.

SET @conversations = coalesce(@conversations, 200000), @waiting = coalesce(@waiting, 3000);
SET @every = @conversations DIV @waiting, @now = unix_timestamp(), unique_checks = 0;
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE lh_chat (
  id bigint(20) NOT NULL AUTO_INCREMENT, nick varchar(100) NOT NULL, status int(11) NOT NULL DEFAULT 0,
  status_sub int(11) NOT NULL DEFAULT 0, status_sub_sub int(11) NOT NULL DEFAULT 0, time int(11) NOT NULL,
  user_id int(11) NOT NULL, hash varchar(40) NOT NULL, referrer text NOT NULL, session_referrer text NOT NULL,
  chat_variables text NOT NULL, remarks text NOT NULL, ip varchar(100) NOT NULL, dep_id int(11) NOT NULL,
  invitation_id int(11) NOT NULL, sender_user_id int(11) NOT NULL, product_id int(11) NOT NULL,
  pnd_time int(11) NOT NULL DEFAULT 0, cls_time int(11) NOT NULL DEFAULT 0, usaccept int(11) NOT NULL DEFAULT 0,
  user_status int(11) NOT NULL DEFAULT 0, user_closed_ts int(11) NOT NULL DEFAULT 0,
  support_informed int(11) NOT NULL DEFAULT 0, unread_messages_informed int(11) NOT NULL DEFAULT 0,
  reinform_timeout int(11) NOT NULL DEFAULT 0, last_op_msg_time int(11) NOT NULL DEFAULT 0,
  has_unread_op_messages int(11) NOT NULL DEFAULT 0, unread_op_messages_informed int(11) NOT NULL DEFAULT 0,
  email varchar(100) NOT NULL, country_code varchar(100) NOT NULL, country_name varchar(100) NOT NULL,
  unanswered_chat int(11) NOT NULL, cls_us tinyint(1) NOT NULL DEFAULT 0, anonymized tinyint(1) NOT NULL,
  user_typing int(11) NOT NULL, gbot_id int(11) NOT NULL DEFAULT 0, user_typing_txt varchar(200) NOT NULL,
  operator_typing int(11) NOT NULL, operator_typing_id int(11) NOT NULL, phone varchar(100) NOT NULL,
  has_unread_messages int(11) NOT NULL, last_user_msg_time int(11) NOT NULL, fbst tinyint(1) NOT NULL,
  online_user_id int(11) NOT NULL, auto_responder_id int(11) NOT NULL, last_msg_id int(11) NOT NULL,
  lsync int(11) NOT NULL, transfer_uid int(11) NOT NULL, additional_data text NOT NULL,
  user_tz_identifier varchar(50) NOT NULL, lat varchar(10) NOT NULL, lon varchar(10) NOT NULL, city varchar(100) NOT NULL,
  operation text NOT NULL, operation_admin varchar(200) NOT NULL, status_sub_arg varchar(200) NOT NULL,
  uagent varchar(250) NOT NULL, chat_locale varchar(10) NOT NULL, chat_locale_to varchar(10) NOT NULL,
  mail_send int(11) NOT NULL, screenshot_id int(11) NOT NULL, wait_time int(11) NOT NULL, chat_duration int(11) NOT NULL,
  tslasign int(11) NOT NULL, priority int(11) NOT NULL, chat_initiator int(11) NOT NULL,
  transfer_timeout_ts int(11) NOT NULL, transfer_timeout_ac int(11) NOT NULL, transfer_if_na int(11) NOT NULL,
  na_cb_executed int(11) NOT NULL, device_type int(11) NOT NULL, nc_cb_executed tinyint(1) NOT NULL,
  iwh_id int(11) NOT NULL DEFAULT 0, theme_id int(11) unsigned NOT NULL DEFAULT 0, frt int(11) unsigned NOT NULL DEFAULT 0,
  aart int(11) unsigned NOT NULL DEFAULT 0, mart int(11) unsigned NOT NULL DEFAULT 0,
  PRIMARY KEY (id), KEY status_user_id (status, user_id), KEY unanswered_chat (unanswered_chat),
  KEY online_user_id (online_user_id), KEY dep_id (dep_id), KEY time (time), KEY product_id (product_id),
  KEY unread_operator (has_unread_op_messages, unread_op_messages_informed),
  KEY user_id_sender_user_id (user_id, sender_user_id), KEY sender_user_id (sender_user_id), KEY anonymized (anonymized),
  KEY has_unread_messages (has_unread_messages), KEY status (status), KEY nick (nick), KEY iwh_id (iwh_id),
  KEY theme_id (theme_id), KEY email (email), KEY phone (phone), KEY dep_id_status (dep_id, status)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE lh_msg (
  id bigint(20) unsigned NOT NULL AUTO_INCREMENT, msg longtext NOT NULL, meta_msg longtext NOT NULL,
  time int(11) NOT NULL, chat_id int(11) NOT NULL DEFAULT 0, user_id int(11) NOT NULL DEFAULT 0,
  del_st tinyint(1) unsigned NOT NULL DEFAULT 0, name_support varchar(100) NOT NULL,
  PRIMARY KEY (id), KEY chat_id_id (chat_id, id), KEY user_id (user_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE lh_users (
  id int(11) NOT NULL AUTO_INCREMENT, username varchar(80) NOT NULL, password varchar(200) NOT NULL,
  email varchar(100) NOT NULL, time_zone varchar(100) NOT NULL, name varchar(100) NOT NULL, surname varchar(100) NOT NULL,
  chat_nickname varchar(100) NOT NULL, departments_ids text NOT NULL, session_id varchar(40) NOT NULL,
  disabled tinyint(4) NOT NULL, hide_online tinyint(1) NOT NULL, all_departments tinyint(1) NOT NULL,
  invisible_mode tinyint(1) NOT NULL, inactive_mode tinyint(1) NOT NULL, rec_per_req tinyint(1) NOT NULL,
  xmpp_username varchar(200) NOT NULL, llogin bigint(20) unsigned NOT NULL DEFAULT 0,
  always_on tinyint(1) NOT NULL DEFAULT 0,
  PRIMARY KEY (id), KEY hide_online (hide_online), KEY rec_per_req (rec_per_req), KEY disabled (disabled),
  KEY email (email), KEY username (username), KEY xmpp_username (xmpp_username(191))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE lh_departament (
  id int(11) NOT NULL AUTO_INCREMENT, name varchar(100) NOT NULL, email varchar(100) NOT NULL,
  archive tinyint(1) NOT NULL DEFAULT 0, disabled int(11) NOT NULL, hidden int(11) NOT NULL, sort_priority int(11) NOT NULL,
  PRIMARY KEY (id), KEY archive (archive), KEY disabled_hidden (disabled, hidden),
  KEY sort_priority_name (sort_priority, name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE lh_userdep (
  id int(11) NOT NULL AUTO_INCREMENT, user_id int(11) NOT NULL, dep_id int(11) NOT NULL, last_activity int(11) NOT NULL,
  hide_online int(11) NOT NULL, last_accepted int(11) NOT NULL DEFAULT 0, active_chats int(11) NOT NULL DEFAULT 0,
  type int(11) NOT NULL DEFAULT 0, dep_group_id int(11) NOT NULL DEFAULT 0, ro tinyint(1) NOT NULL DEFAULT 0,
  always_on tinyint(1) NOT NULL DEFAULT 0, lastd_activity int(11) NOT NULL DEFAULT 0,
  PRIMARY KEY (id), KEY dep_id (dep_id), KEY user_id_type (user_id, type),
  KEY last_activity_hide_online_dep_id (last_activity, hide_online, dep_id),
  KEY online_op_widget_2 (dep_id, last_activity, user_id), KEY online_op_widget_3 (user_id, active_chats)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE lh_group (
  id int(11) NOT NULL AUTO_INCREMENT, name varchar(50) NOT NULL, disabled tinyint(1) NOT NULL,
  required tinyint(1) NOT NULL DEFAULT 0, PRIMARY KEY (id), KEY disabled (disabled)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE lh_groupuser (
  id int(11) NOT NULL AUTO_INCREMENT, group_id int(11) NOT NULL, user_id int(11) NOT NULL,
  PRIMARY KEY (id), KEY group_id (group_id), KEY user_id (user_id), KEY group_id_2 (group_id, user_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE lh_grouprole (
  id int(11) NOT NULL AUTO_INCREMENT, group_id int(11) NOT NULL, role_id int(11) NOT NULL,
  PRIMARY KEY (id), KEY group_id (role_id, group_id), KEY group_id_primary (group_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE lh_rolefunction (
  id int(11) NOT NULL AUTO_INCREMENT, role_id int(11) NOT NULL, type tinyint(1) unsigned NOT NULL DEFAULT 0,
  module varchar(100) NOT NULL, `function` varchar(100) NOT NULL, limitation text NOT NULL,
  PRIMARY KEY (id), KEY role_id (role_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE lh_transfer (
  id int(11) NOT NULL AUTO_INCREMENT, chat_id int(11) NOT NULL, dep_id int(11) NOT NULL,
  transfer_user_id int(11) NOT NULL, from_dep_id int(11) NOT NULL, transfer_to_user_id int(11) NOT NULL,
  ctime int(11) NOT NULL, transfer_scope int(11) NOT NULL DEFAULT 0,
  PRIMARY KEY (id), KEY dep_id (dep_id), KEY transfer_user_id_dep_id (transfer_user_id, dep_id),
  KEY transfer_to_user_id (transfer_to_user_id), KEY chat_id_transfer (chat_id, transfer_scope)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE lh_chat_file (
  id int(11) unsigned NOT NULL AUTO_INCREMENT, name varchar(255) NOT NULL, upload_name varchar(255) NOT NULL,
  size int(11) NOT NULL, type varchar(255) NOT NULL, file_path varchar(255) NOT NULL, extension varchar(255) NOT NULL,
  chat_id bigint(20) NOT NULL, persistent int(11) NOT NULL, online_user_id int(11) NOT NULL, user_id int(11) NOT NULL,
  date int(11) NOT NULL, meta_msg longtext NOT NULL, width int(11) unsigned NOT NULL DEFAULT 0,
  height int(11) unsigned NOT NULL DEFAULT 0, tmp tinyint(1) unsigned NOT NULL DEFAULT 0,
  PRIMARY KEY (id), KEY chat_id (chat_id), KEY online_user_id (online_user_id), KEY user_id (user_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE lh_notification_op_subscriber (
  id bigint(20) unsigned NOT NULL AUTO_INCREMENT, user_id bigint(20) unsigned NOT NULL, device_type tinyint(1) NOT NULL,
  ctime bigint(20) unsigned NOT NULL, utime bigint(20) unsigned NOT NULL, status tinyint(1) unsigned NOT NULL,
  achat tinyint(1) unsigned NOT NULL, pchat tinyint(1) unsigned NOT NULL, params text NOT NULL, last_error text NOT NULL,
  subscriber_hash varchar(50) NOT NULL,
  PRIMARY KEY (id), KEY status (status), KEY user_id (user_id), KEY subscriber_hash (subscriber_hash)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- People: forty operators in four departments, the first of them an administrator.
INSERT INTO lh_users (username, password, email, time_zone, name, surname, chat_nickname, departments_ids, session_id,
                      disabled, hide_online, all_departments, invisible_mode, inactive_mode, rec_per_req, xmpp_username)
  SELECT concat('agent', seq), '', concat('agent', seq, '@desk.example'), 'Europe/London', 'Agent', seq, '', 1 + seq MOD 4,
         '', seq = 40, seq MOD 5 = 0, 0, 0, 0, 0, ''
  FROM seq_1_to_40;
INSERT INTO lh_departament (name, email, disabled, hidden, sort_priority)
  SELECT concat('Department ', seq), '', 0, 0, 0 FROM seq_1_to_4;
INSERT INTO lh_userdep (user_id, dep_id, last_activity, hide_online)
  SELECT seq, 1 + seq MOD 4, @now - seq * 60, seq MOD 5 = 0 FROM seq_1_to_40;
INSERT INTO lh_group (name, disabled) VALUES ('Administrators', 0), ('Operators', 0);
INSERT INTO lh_groupuser (group_id, user_id) SELECT if(seq = 1, 1, 2), seq FROM seq_1_to_40;
INSERT INTO lh_grouprole (group_id, role_id) VALUES (1, 1), (2, 2);
INSERT INTO lh_rolefunction (role_id, module, `function`, limitation) VALUES (1, '*', '*', ''), (2, 'lhchat', 'use', '');

-- What becomes of each chat, from its number alone: every run makes the same desk, only later.
--   case_: 0 to 9 of one that waits; 10 answered, 11 answered and not looked at since, 13 a bot's, 14 closed on the
--   visitor's word, 16 closed
CREATE TABLE plan (PRIMARY KEY (id)) ENGINE=InnoDB AS
SELECT seq AS id, CAST(3 + (seq * 7919) MOD 15 AS int) AS n, CAST(1 + (seq * 31) MOD 40 AS int) AS agent,
       CAST(CASE WHEN waits THEN (seq DIV @every) MOD 10
         ELSE CASE (seq * 13) MOD 100 WHEN 0 THEN 10 WHEN 1 THEN 10 WHEN 2 THEN 11 WHEN 4 THEN 13 WHEN 5 THEN 14
              ELSE 16 END END AS int) AS case_,
       CAST(waits AS int) AS waits,
       CAST(@now - CASE WHEN waits OR (seq * 13) MOD 100 < 3 THEN 60 * (30 + (seq * 17) MOD 6000)
                   ELSE 3600 + 31536000 * (1 - seq / @conversations) END AS int) AS start
FROM (SELECT seq, seq MOD @every = 0 AND seq DIV @every <= @waiting AS waits
      FROM seq_1_to_1000000 WHERE seq <= @conversations) numbered;

-- who: contact, agent, other (another operator), whisper, bot, system
CREATE TABLE written (PRIMARY KEY (at, id, j)) ENGINE=InnoDB AS
SELECT p.id, CAST(s.seq AS int) AS j, p.agent, CAST(p.start + s.seq * 45 + (p.id + s.seq * 7) MOD 40 AS int) AS at,
  CAST(CASE
    WHEN p.waits AND s.seq = p.n AND p.case_ = 3 THEN 'whisper'
    WHEN p.waits AND s.seq = p.n AND p.case_ IN (5, 6) THEN 'system'
    WHEN p.waits AND s.seq >= p.n - 1 - p.case_ MOD 2 THEN 'contact'
    WHEN p.case_ IN (10, 16) AND s.seq = p.n THEN 'agent'
    WHEN p.case_ = 11 AND s.seq = p.n THEN 'other'
    WHEN p.case_ = 14 AND s.seq = p.n THEN 'contact'
    WHEN p.case_ = 13 AND s.seq = p.n THEN 'bot'
    WHEN p.case_ IN (11, 13) AND s.seq = p.n - 1 THEN 'contact'
    WHEN s.seq = 1 THEN 'contact'
    ELSE elt(1 + (p.id + s.seq * s.seq * 7) MOD 11, 'contact', 'contact', 'contact', 'contact', 'agent', 'agent', 'agent',
             'other', 'whisper', 'bot', 'system')
  END AS varchar(8)) AS who
FROM plan p JOIN seq_1_to_20 s ON s.seq <= p.n;

INSERT INTO lh_msg (msg, meta_msg, time, chat_id, user_id, name_support)
SELECT concat('Message ', j, ' of ', id), if(who = 'whisper', '{"content":{"whisper":true}}', ''), at, id,
       CASE who WHEN 'contact' THEN 0 WHEN 'system' THEN -1 WHEN 'bot' THEN -2 WHEN 'other' THEN 1 + agent MOD 40
         ELSE agent END,
       if(who = 'contact', '', 'Support')
FROM written ORDER BY at, id, j;

-- The columns of a chat, as Live Helper Chat keeps them message by message.
INSERT INTO lh_chat (id, nick, status, time, user_id, hash, referrer, session_referrer, chat_variables, remarks, ip, dep_id,
    invitation_id, sender_user_id, product_id, pnd_time, cls_time, last_op_msg_time, has_unread_op_messages, email,
    country_code, country_name, unanswered_chat, anonymized, user_typing, gbot_id, user_typing_txt, operator_typing,
    operator_typing_id, phone, has_unread_messages, last_user_msg_time, fbst, online_user_id, auto_responder_id, last_msg_id,
    lsync, transfer_uid, additional_data, user_tz_identifier, lat, lon, city, operation, operation_admin, status_sub_arg,
    uagent, chat_locale, chat_locale_to, mail_send, screenshot_id, wait_time, chat_duration, tslasign, priority,
    chat_initiator, transfer_timeout_ts, transfer_timeout_ac, transfer_if_na, na_cb_executed, device_type, nc_cb_executed)
SELECT p.id, concat('Visitor ', p.id),
    CASE WHEN p.waits AND p.case_ >= 8 THEN 0 WHEN p.waits OR p.case_ IN (10, 11) THEN 1 WHEN p.case_ = 13 THEN 5 ELSE 2 END,
    m.first_at, if(p.case_ IN (8, 9, 13), 0, p.agent), md5(p.id), '', '', '', '', '127.0.0.1', 1 + p.id MOD 4,
    0, 0, 0, m.first_at, if(p.case_ IN (14, 16), m.last_at, 0), coalesce(m.last_reply, 0),
    p.case_ IN (10, 11) AND p.id MOD 3 > 0, if(p.id MOD 3 > 0, concat('visitor', p.id, '@mail.example'), ''),
    '', '', p.waits AND p.case_ >= 8, 0, 0, if(p.case_ = 13, 1, 0), '', 0,
    0, if(p.id MOD 4 = 0, '+447700900123', ''),
    CASE WHEN p.waits AND p.case_ IN (2, 4, 8, 9) OR p.case_ = 11 THEN 1 WHEN p.waits AND p.case_ = 7 THEN 2 ELSE 0 END,
    coalesce(m.last_contact, 0), 0, 0, 0, m.last_id,
    m.last_at, 0, '', 'Europe/Berlin', '', '', '', '', '', '',
    '', 'de-DE', '', 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0
FROM plan p
JOIN (
  SELECT chat_id, min(time) AS first_at, max(time) AS last_at, max(id) AS last_id, max(if(user_id = 0, time, NULL)) AS last_contact,
         max(if(user_id > 0 AND meta_msg = '' OR user_id = -2, time, NULL)) AS last_reply
  FROM lh_msg GROUP BY chat_id) m ON m.chat_id = p.id;

INSERT INTO lh_transfer (chat_id, dep_id, transfer_user_id, from_dep_id, transfer_to_user_id, ctime)
  SELECT id, dep_id, 1, dep_id, if(id MOD 2 = 0, 2, 0), last_user_msg_time FROM lh_chat WHERE status = 1 AND id MOD 20 = 0;
INSERT INTO lh_chat_file (name, upload_name, size, type, file_path, extension, chat_id, persistent, online_user_id, user_id,
                          date, meta_msg)
  SELECT md5(id), concat('picture ', id, '.png'), 1000 + id MOD 1000, 'image/png', 'var/', 'png', chat_id, 0, 0, 0, time, ''
  FROM lh_msg WHERE id MOD 50 = 0;
INSERT INTO lh_notification_op_subscriber (user_id, device_type, ctime, utime, status, achat, pchat, params, last_error,
                                           subscriber_hash)
  SELECT seq, 0, @now, @now, 0, 1, 1,
         json_object('endpoint', concat('https://push.example/', seq), 'keys', json_object('p256dh', 'key', 'auth', 'secret')),
         '', md5(seq)
  FROM seq_1_to_40;

DROP TABLE plan, written;
ANALYZE TABLE lh_chat, lh_msg, lh_users, lh_userdep, lh_transfer, lh_chat_file;
