-- The sample desk: written as any chat program would write it, people first. Times are minutes before `now.at`.
-- The temporary tables only make the rows short; the last statements turn them into rows of the desk.

INSERT INTO agents (id, name, email, role, active, time_zone) VALUES
  (1, 'Amelia Hart',       'amelia@example.com',  'supervisor', 1, 'Europe/London'),
  (2, 'Jonas Weber',       'jonas@example.com',   'agent',      1, 'Europe/Berlin'),
  (3, 'Camille Roy',       'camille@example.com', 'agent',      1, 'America/Toronto'),
  (4, 'Kenji Mori',        'kenji@example.com',   'agent',      1, 'Asia/Tokyo'),
  (5, 'Priya Nair',        'priya@example.com',   'admin',      1, 'Asia/Kolkata'),
  (6, 'Mateusz Zieliński', 'mateusz@example.com', 'agent',      0, 'Europe/Warsaw'),
  (7, 'Nour Haddad',       'nour@example.com',    'agent',      1, 'Asia/Beirut'),
  (8, 'Sam Rivera',        NULL,                  'agent',      1, 'America/Los_Angeles');

INSERT INTO groups (id, name) VALUES ('team:billing', 'Billing'), ('team:support', 'Support');
INSERT INTO group_members (group_id, agent_id, role) VALUES
  ('team:billing', 2, 'lead'), ('team:billing', 3, 'member'), ('team:billing', 5, 'member'),
  ('team:billing', 8, 'member'), ('team:support', 1, 'lead'), ('team:support', 3, 'member'),
  ('team:support', 4, 'member'), ('team:support', 6, 'member'), ('team:support', 7, 'member');

-- Nour stays at the desk however long somebody plays with this: no last_active_at that could grow old.
INSERT INTO presence (subject_type, subject_id, status, last_active_at)
SELECT 'agent', 7, 'online', NULL UNION ALL
SELECT 'agent', 1, 'offline', at - 50 * 60000 FROM temp.now UNION ALL
SELECT 'agent', 2, 'away', at - 25 * 60000 FROM temp.now UNION ALL
SELECT 'agent', 4, 'online', at - 120 * 60000 FROM temp.now;

-- Amelia has a phone and a browser: the phone is enough. Jonas has a browser alone.
INSERT INTO devices (owner_type, owner_id, provider, token, p256dh, auth, platform) VALUES
  ('agent', 1, 'apns', '00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0', NULL, NULL, 'ios'),
  ('agent', 1, 'webpush', 'https://updates.push.services.mozilla.com/wpush/v2/sample-1',
   'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
   'BTBZMqHH6r4Tts7J_aSIgg', 'browser'),
  ('agent', 2, 'webpush', 'https://fcm.googleapis.com/fcm/send/sample-2',
   'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
   'BTBZMqHH6r4Tts7J_aSIgg', 'browser'),
  ('agent', 4, 'fcm', 'sample-registration-token-of-kenjis-phone', NULL, NULL, 'android');

CREATE TEMP TABLE chat (number, contact, kind, team, assignee, status, bot_state, subject);
INSERT INTO temp.chat VALUES
  (1001, 'Oliver Bennett',     'contact', 'support', 1, 'open', 'none', 'Export stops at 10,000 rows'),
  (1002, 'Hannah Schäfer',     'contact', 'billing', 2, 'open', 'none', 'Rechnung mit falscher Anschrift'),
  (1003, 'Julien Mercier',     'contact', 'billing', 3, 'open', 'none', 'Double prélèvement en mars'),
  (1004, 'Lucía Fernández',    'contact', 'support', 4, 'open', 'none', 'No puedo entrar'),
  (1005, '佐藤 美咲',          'contact', 'support', 4, 'open', 'none', '請求書の宛名について'),
  (1006, 'ليلى حسن',           'contact', 'support', 1, 'open', 'none', 'مشكلة في الدفع'),
  (1007, 'Katarzyna Wójcik',   'contact', 'support', 6, 'open', 'none', 'Nie działa logowanie'),
  (1008, 'Grace Okonkwo',      'contact', 'billing', NULL, 'open', 'none', 'Do you invoice in naira?'),
  (1009, 'Ben Carter',         'contact', 'support', 7, 'open', 'none', 'Where is my order?'),
  (1010, 'Ingrid Solberg',     'contact', 'billing', 8, 'open', 'none', 'VAT number on the receipt'),
  (1011, 'Tomáš Dvořák',       'contact', 'billing', 5, 'open', 'none', 'Change of the account owner'),
  (1012, 'Chloé Dubois',       'contact', 'support', NULL, 'open', 'none', 'Livraison à l''étranger'),
  (1013, 'Marcus Lee 🚲',      'contact', 'support', 3, 'open', 'none', NULL),
  (1014, 'Fatima Zahra',       'contact', 'billing', 3, 'open', 'none', 'Reçu demandé'),
  (1015, 'Peter Novak',        'contact', 'support', 3, 'open', 'none', 'Sync fails every night'),
  (1016, 'Anna Kowalska',      'contact', NULL,      NULL, 'open', 'none', 'Press enquiry'),
  (1017, NULL,                 'guest',   'support', 4, 'open', 'none', NULL),
  (1018, 'Visitor 4711',       'guest',   'support', NULL, 'open', 'none', NULL),
  (1019, NULL,                 'guest',   'billing', NULL, 'open', 'none', NULL),
  (1020, 'Sofia Rossi',        'contact', 'support', 1, 'open', 'none', 'Fattura di gennaio'),
  (1021, 'Lars Lindqvist',     'contact', 'billing', 2, 'open', 'none', 'Refund still missing'),
  (1022, 'Dieter Krause',      'contact', 'billing', 2, 'open', 'none', 'Kündigung bestätigen'),
  (1023, 'Mei Tanaka',         'contact', 'support', 4, 'open', 'none', 'アプリが起動しません'),
  (1024, 'Emma Wilson',        'contact', 'support', 1, 'open', 'none', 'Two-factor codes arrive late'),
  (1025, 'João Pereira',       'contact', 'billing', 2, 'open', 'none', 'Mudar o cartão'),
  (1026, 'Aisha Khan',         'contact', 'support', NULL, 'open', 'none', 'Can I merge two accounts?'),
  (1027, '<b>Mallory</b>',     'contact', 'support', 1, 'open', 'none', '<script>alert("subject")</script>'),
  (1028, 'Trent {{recipient_name}}', 'contact', 'billing', 2, 'open', 'none', '{{#each conversations}}'),
  (1029, 'Eve' || char(13, 10) || 'Bcc: everyone@example.com', 'contact', 'support', 4, 'open', 'none', 'Hello'),
  (1030, char(0x202E) || 'lruoy nepo' || char(0x202C), 'contact', 'support', 1, 'open', 'none', 'Invoice attached'),
  (1031, 'William Grant',      'contact', 'support', 1, 'open', 'none', 'Thanks!'),
  (1032, 'Nadia Petrova',      'contact', 'billing', 2, 'open', 'none', 'Discount for schools'),
  (1033, 'Hugo Martin',        'contact', 'support', 3, 'open', 'none', 'Question rapide'),
  (1034, 'Ruth Adler',         'contact', 'support', 4, 'resolved', 'none', 'Password reset'),
  (1035, 'Ali Demir',          'contact', 'billing', 2, 'resolved', 'none', 'Invoice copy'),
  (1036, 'Zoe Papadaki',       'contact', 'support', 1, 'snoozed', 'none', 'Call me next week'),
  (1037, 'Liam Murphy',        'contact', 'support', NULL, 'pending', 'active', 'Opening hours'),
  (1038, 'Yuki Ito',           'contact', 'support', NULL, 'open', 'active', '配送状況'),
  (1039, 'Cheap Watches Ltd',  'contact', 'support', 1, 'open', 'none', 'BUY NOW'),
  (1040, 'Henrik Olsen',       'contact', 'support', 1, 'open', 'none', 'Feature idea: dark mode'),
  (1041, 'Elif Yılmaz',        'contact', 'billing', 2, 'open', 'none', 'Fatura adresi'),
  (1042, 'George Hill',        'contact', 'support', NULL, 'open', 'none', 'Is the status page right?');

-- `who` is contact, agent (the assignee, in public), note (the assignee, in private) or bot.
CREATE TEMP TABLE said (number, minutes_ago, who, body);
INSERT INTO temp.said VALUES
  (1001, 190, 'contact', 'Hi, the CSV export stops at 10,000 rows. We have 14,212 customers.'),
  (1001, 185, 'agent',   'Thank you, I am looking into it. Which browser do you use?'),
  (1001, 95,  'contact', 'Firefox, and the same in Chrome.'),
  (1001, 70,  'contact', 'Any news? Our auditors come on Thursday and need the whole list.'),
  (1002, 130, 'contact', 'Guten Tag, auf der Rechnung R-2088 steht noch unsere alte Anschrift.' || char(10, 10) || 'Bitte ändern Sie sie auf:' || char(10) || 'Schäfer & Söhne GmbH' || char(10) || 'Große Straße 12' || char(10) || '50667 Köln'),
  (1003, 260, 'contact', 'Bonjour, vous avez prélevé deux fois l''abonnement du mois de mars. Pouvez-vous rembourser le second ?'),
  (1003, 255, 'note',    'Checked: it is a double charge. Needs the bank''s approval.'),
  (1004, 48,  'contact', '¡Hola! No puedo entrar desde ayer: dice «sesión caducada» una y otra vez.'),
  (1005, 85,  'contact', 'お世話になっております。請求書の宛名を「株式会社みさき商店」に変更していただけますか。'),
  (1006, 64,  'contact', 'مرحبا، لم تنجح عملية الدفع بالبطاقة ولكن المبلغ خُصم من حسابي. هل يمكنكم المساعدة؟'),
  (1007, 150, 'contact', 'Dzień dobry, od rana nie mogę się zalogować. Zażółć gęślą jaźń!'),
  (1008, 41,  'contact', 'Hello, before we sign up: can you invoice us in naira?'),
  (1009, 33,  'contact', 'Where is my order 55-1203? The tracking page has not moved since Monday.'),
  (1010, 75,  'contact', 'Our VAT number is missing on the last three receipts: NO 987 654 321 MVA.'),
  (1011, 52,  'contact', 'Please make my colleague Jana the owner of our account.'),
  (1012, 39,  'contact', 'Livrez-vous aussi en Suisse et au Québec ?'),
  (1013, 58,  'contact', 'Bike rack arrived 🎉 but two screws are missing 🔩😢 — can you send them?'),
  (1014, 1210, 'contact', 'Bonjour, je n''ai pas encore reçu le reçu de mon dernier paiement. Merci d''avance.'),
  (1015, 47,  'contact', 'The nightly sync fails. The whole log:' || char(10) || replace(hex(zeroblob(400)), '00', '02:14:07 WARN upload of invoice.pdf timed out, trying again' || char(10))),
  (1016, 36,  'contact', 'I write for a trade magazine. Whom may I ask about your plans for Poland?'),
  (1017, 22,  'contact', 'hey is anyone there'),
  (1017, 21,  'contact', 'hello??'),
  (1017, 19,  'contact', 'ok then: do you ship to Norway'),
  (1018, 44,  'contact', 'Do you have a student price?'),
  (1019, 9,   'contact', 'my card was declined, why'),
  (1020, 31,  'contact', 'Buongiorno, in allegato la fattura con l''importo sbagliato. Potete correggerla?'),
  (1021, 900, 'contact', 'You promised the refund for yesterday.'),
  (1021, 610, 'contact', 'Still nothing on my account.'),
  (1021, 240, 'contact', 'Hello?'),
  (1021, 53,  'contact', 'I will write to my bank this afternoon.'),
  (1022, 2,   'contact', 'Bitte bestätigen Sie meine Kündigung zum Monatsende.'),
  (1023, 1,   'contact', '更新してからアプリが起動しません。'),
  (1024, 12,  'contact', 'The codes arrive after five minutes, when they do not work any more.'),
  (1025, 16,  'contact', 'Olá, como posso mudar o cartão de crédito?'),
  (1026, 37,  'contact', 'I signed up twice by mistake. Can I merge the accounts?'),
  (1027, 62,  'contact', '<script>alert("gotcha")</script><img src=x onerror=alert(1)> "quotes" & <b>bold</b>'),
  (1028, 61,  'contact', 'Dear {{recipient_name}}, {{#each conversations}}{{message}}{{/each}} {password} {{{raw}}} {{> _conversation}}'),
  (1029, 59,  'contact', 'Please look: javascript:alert(document.cookie) and https://example.org/a?b=1&c=<2>' || char(13, 10) || '.' || char(13, 10) || 'QUIT'),
  (1030, 57,  'contact', '<p>See <a href="javascript:alert(1)">your invoice</a> or <a href="https://example.org/">our site</a>. ' || char(0x202E) || 'fdp.exe' || '</p>'),
  (1031, 80,  'contact', 'How do I add a colleague?'),
  (1031, 76,  'agent',   'Settings, People, Invite. I have switched it on for you.'),
  (1032, 140, 'contact', 'Is there a discount for schools?'),
  (1032, 110, 'agent',   'Yes, 40 percent. I have sent you the form.'),
  (1033, 125, 'contact', 'Une question rapide : où est le bouton d''impression ?'),
  (1033, 119, 'agent',   'En haut à droite, à côté de « Partager ».'),
  (1034, 300, 'contact', 'I forgot my password.'),
  (1035, 310, 'contact', 'May I have a copy of invoice 1177?'),
  (1035, 290, 'agent',   'Here it is.'),
  (1036, 200, 'contact', 'Let us talk next week, when I am back from my holidays.'),
  (1037, 66,  'contact', 'When are you open?'),
  (1037, 66,  'bot',     'Monday to Friday, 9 to 5. Did that help?'),
  (1038, 28,  'contact', '荷物はいつ届きますか。'),
  (1038, 28,  'bot',     'お調べします。'),
  (1039, 46,  'contact', 'Best watches!!! 90% off!!!'),
  (1040, 4400, 'contact', 'It would be great if the app had a dark mode.'),
  (1041, 55,  'contact', 'Fatura adresimi nasıl değiştirebilirim?'),
  (1042, 34,  'contact', 'Your status page is all green, yet nothing loads for us.');

INSERT INTO contacts (id, name, kind, email, blocked)
SELECT number - 1000, contact, kind,
       CASE kind WHEN 'contact' THEN 'customer' || number || '@example.net' END, number = 1039
FROM temp.chat;

INSERT INTO conversations (id, number, subject, status, assignee_id, group_id, contact_id, created_at, bot_state, snoozed_until)
SELECT number - 1000, number, subject, status, assignee, 'team:' || team, number - 1000,
       (SELECT at - 60000 * max(minutes_ago) FROM temp.said, temp.now WHERE said.number = chat.number), bot_state,
       (SELECT at + 7 * 86400000 FROM temp.now WHERE status = 'snoozed')
FROM temp.chat;

INSERT INTO messages (conversation_id, sender_type, sender_id, private, body, created_at)
SELECT number - 1000, CASE who WHEN 'note' THEN 'agent' ELSE who END,
       CASE who WHEN 'contact' THEN number - 1000 WHEN 'bot' THEN NULL ELSE assignee END,
       who = 'note', body, at - 60000 * minutes_ago
FROM temp.said JOIN temp.chat USING (number), temp.now ORDER BY number, said.rowid;
UPDATE messages SET body_format = 'html' WHERE conversation_id = 30;

INSERT INTO attachments (message_id, filename, content_type, byte_size, url)
SELECT id, 'fattura-gennaio.pdf', 'application/pdf', 184320, 'https://files.example.com/f/8c1e/fattura-gennaio.pdf'
FROM messages WHERE conversation_id = 20 UNION ALL
SELECT id, '"><script>.exe', NULL, NULL, 'javascript:alert(2)' FROM messages WHERE conversation_id = 30;

-- Jonas has opened 1041 and not answered; Amelia has looked at 1042, which is nobody's yet.
INSERT INTO read_cursors (conversation_id, reader_type, reader_id, last_seen_at)
SELECT 41, 'agent', 2, at - 50 * 60000 FROM temp.now UNION ALL
SELECT 42, 'agent', 1, at - 30 * 60000 FROM temp.now;

DROP TABLE temp.said;
DROP TABLE temp.chat;
