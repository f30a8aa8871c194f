//! The behaviours B1 to B10 and B13 of a desk for first messages, replies and customers, under its example settings.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod office;
mod servers;
mod shift;

use std::fs;

use doorbell::model::{Channel, RecipientId};
use office::Office;
use serde_json::json;
use servers::{Act, At, SmtpServer, Tls};
use shift::{Arrived, Shift, hold_on_postgresql_too};

const NINE_ONE: &str = "2026-03-02T09:01:00Z";
const NINE_TEN: &str = "2026-03-02T09:10:00Z";

/// Ada and Bob sell, Cy and Dee do not; everybody is offline and has a phone, a browser and a number. At nine Tom writes.
fn office() -> Office {
    let mut office = Office::new();
    for (index, agent) in ["ada", "bob", "cy", "dee"].into_iter().enumerate() {
        office.agent(agent).offline(agent).phone(agent, &format!("+44163296001{index}"));
        office.device(agent, "onesignal", &format!("phone of {agent}"));
    }
    office.department("sales", &["ada", "bob"]).contact("tom").asks("c1", "hello?");
    office
}

fn shift(office: Office) -> Shift {
    Shift::example(office, "support-board")
}

/// Who was told by a channel, by name and each once.
fn told(shift: &Shift, channel: Channel) -> Vec<&'static str> {
    let sql =
        format!("SELECT DISTINCT recipient FROM doorbell_delivery WHERE channel = '{channel}' AND state = 'sent'");
    let recipients: Vec<String> = shift.books.column(&sql);
    let agent = |name: &&str| recipients.contains(&RecipientId::Agent(shift.office.agent_id(name)).to_string());
    let mut names: Vec<&str> = ["ada", "bob", "cy", "dee"].into_iter().filter(agent).collect();
    if recipients.iter().any(|recipient| recipient.starts_with("contact:")) {
        names.push("tom");
    }
    names
}

/// Whom a pass tells, by email and by push.
#[track_caller]
fn assert_told(shift: &mut Shift, time: &str, names: &[&str]) {
    shift.pass(time);
    for channel in [Channel::Email, Channel::Push, Channel::InApp] {
        assert_eq!(told(shift, channel), names, "{channel}");
    }
}

fn addresses(mails: &[Arrived]) -> Vec<&str> {
    mails.iter().map(|mail| mail.to.as_str()).collect()
}

/// Ada has answered once; at ten past nine Tom writes again.
fn answered_office() -> Office {
    let mut office = office();
    office
        .into_department("c1", "sales")
        .replies("ada", "c1", "good morning")
        .contact_online("tom")
        .contact_reads("c1");
    office.at(NINE_TEN).asks("c1", "and now?");
    office
}

#[test]
fn b1_the_first_message_to_a_department_is_told_to_its_agents_only() {
    let mut office = office();
    office.into_department("c1", "sales");
    assert_told(&mut shift(office), NINE_ONE, &["ada", "bob"]);
}

#[test]
fn b1_the_departments_agents_hear_wherever_they_are() {
    let mut office = office();
    office.into_department("c1", "sales").online("ada").online("bob");
    assert_told(&mut shift(office), NINE_ONE, &["ada", "bob"]);
}

#[test]
fn b1_a_team_is_no_department() {
    let mut office = office();
    office.group("night", &["cy", "dee"]).into_group("c1", "night").online("cy");
    assert_told(&mut shift(office), NINE_ONE, &["dee"]);
}

#[test]
fn b2_the_first_message_to_one_agent_is_told_to_that_agent_only() {
    let mut office = office();
    office.into_department("c1", "sales").assign("c1", "bob");
    assert_told(&mut shift(office), NINE_ONE, &["bob"]);
}

#[test]
fn b2_nobody_else_is_pushed_or_texted_when_the_agent_has_no_phone() {
    let mut office = office();
    office.agent("eve").into_department("c1", "sales").assign("c1", "eve");
    let mut shift = shift(office);
    shift.pass(NINE_ONE);
    assert_eq!(shift.told(), ["eve@example.com"]);
    assert_eq!([Channel::Push, Channel::Desktop, Channel::Sms].map(|channel| shift.notes(channel).len()), [0; 3]);
    assert_eq!(shift.feed().len(), 1, "two rules, one row");
}

#[test]
fn b3_the_first_message_to_nobody_is_told_to_every_agent_who_is_offline() {
    let mut office = office();
    office.online("ada").admin("zoe");
    office.last_active("cy", "2026-03-02T08:00:00Z");
    let mut shift = shift(office);
    shift.pass(NINE_ONE);
    let told = shift.told();
    assert_eq!(told, ["bob@example.com", "cy@example.com", "dee@example.com", "zoe@example.com"]);
}

#[test]
fn b3_an_agent_who_was_last_seen_long_ago_is_offline() {
    let mut office = office();
    for agent in ["ada", "bob", "cy", "dee"] {
        office.online(agent);
    }
    office.last_active("cy", "2026-03-02T08:50:00Z");
    assert_told(&mut shift(office), NINE_ONE, &["cy"]);
}

#[test]
fn b4_later_messages_are_told_to_the_agent_who_answered_last_only() {
    let mut office = office();
    office.into_department("c1", "sales").replies("ada", "c1", "good morning").later(1).replies("bob", "c1", "hello");
    office.assign("c1", "ada").contact_online("tom").at(NINE_TEN).asks("c1", "and now?");
    assert_told(&mut shift(office), NINE_TEN, &["bob"]);
}

#[test]
fn b4_the_agent_who_answered_last_need_not_be_of_the_department() {
    let mut office = office();
    office.into_department("c1", "sales").replies("dee", "c1", "good morning").contact_online("tom");
    office.at(NINE_TEN).asks("c1", "and now?");
    assert_told(&mut shift(office), NINE_TEN, &["dee"]);
}

#[test]
fn b4_later_messages_are_mailed_only_while_that_agent_is_offline() {
    let mut office = answered_office();
    office.online("ada");
    let mut shift = shift(office);
    shift.passes_every(1, NINE_TEN, "2026-03-02T09:14:00Z");
    assert_eq!((told(&shift, Channel::Email), told(&shift, Channel::Sms)), (vec![], vec![]));
    shift.office.at("2026-03-02T09:14:30Z").offline("ada");
    let mails = shift.passes_every(1, "2026-03-02T09:15:00Z", "2026-03-02T09:20:00Z");
    assert_eq!(addresses(&mails), ["ada@example.com"]);
}

#[test]
fn b4_admins_can_be_left_out() {
    for (extra, expected) in [("", &["zoe@example.com"][..]), ("rule.later.except_roles = [\"admin\"]", &[])] {
        let mut office = office();
        office.admin("zoe").replies("zoe", "c1", "good morning").contact_online("tom").at(NINE_TEN).asks("c1", "and?");
        let mut shift = Shift::example_with(office, "support-board", extra);
        shift.pass(NINE_TEN);
        assert_eq!(shift.told(), expected, "{extra}");
    }
}

#[test]
fn b5_nobody_hears_while_the_chatbot_is_at_it_or_has_answered() {
    for state in ["active", "answered"] {
        for mut office in [office(), answered_office()] {
            office.bot("c1", state).later(1).bot_says("c1", "have you tried this?");
            let mut shift = shift(office);
            shift.passes_every(5, NINE_ONE, "2026-03-02T10:00:00Z");
            assert_eq!(shift.states(), Vec::<String>::new(), "{state}");
        }
    }
}

#[test]
fn b5_what_the_chatbot_leaves_unanswered_is_told() {
    for state in ["active", "answered"] {
        let mut office = office();
        office.bot("c1", state).later(1).bot_says("c1", "have you tried this?").later(9).asks("c1", "yes, I have");
        let mut shift = shift(office);
        assert_eq!(shift.passes_every(1, NINE_ONE, "2026-03-02T09:14:00Z").len(), 0, "{state}");
        assert_eq!(shift.passes_every(1, "2026-03-02T09:15:00Z", "2026-03-02T09:20:00Z").len(), 4, "{state}");
        assert_eq!(told(&shift, Channel::Push), ["ada", "bob", "cy", "dee"]);
    }
}

#[test]
fn b5_what_the_chatbot_hands_over_is_told_at_once() {
    let mut office = office();
    office.into_department("c1", "sales").bot("c1", "active").bot_says("c1", "one moment");
    let mut shift = shift(office);
    shift.pass(NINE_ONE);
    assert_eq!(shift.states(), Vec::<String>::new());
    shift.office.bot("c1", "handed_over");
    assert_told(&mut shift, "2026-03-02T09:02:00Z", &["ada", "bob"]);
    assert_eq!(told(&shift, Channel::Sms), ["ada", "bob"]);
}

/// Tom asked at nine and left; Ada answers at ten past.
fn absent_contact() -> Office {
    let mut office = office();
    office.contact_online("tom").later(5).contact_offline("tom").at(NINE_TEN).replies("ada", "c1", "good morning");
    office
}

fn to_tom(mails: &[Arrived]) -> usize {
    mails.iter().filter(|mail| mail.to == "tom@customer.example").count()
}

#[test]
fn b6_a_customer_who_is_offline_is_mailed_when_an_agent_has_replied() {
    let mut shift = shift(absent_contact());
    let mails = shift.passes_every(1, NINE_TEN, "2026-03-02T09:15:00Z");
    assert_eq!(addresses(&mails), ["tom@customer.example"]);
    assert!(mails[0].text.contains("good morning") && mails[0].text.contains("Ada"), "{}", mails[0].text);
}

#[test]
fn b6_what_no_agent_said_is_no_reply() {
    let mut office = office();
    office.contact_offline("tom").bot_says("c1", "hello").system_says("c1", "in the queue").notes(
        "ada",
        "c1",
        "a regular",
    );
    let mut shift = shift(office);
    assert_eq!(to_tom(&shift.passes_every(1, NINE_ONE, NINE_TEN)), 0);
}

#[test]
fn b6_a_customer_who_is_online_or_has_read_the_reply_is_not_mailed() {
    let mut office = absent_contact();
    office.contact_online("tom");
    let mut shift = shift(office);
    assert_eq!(to_tom(&shift.passes_every(1, NINE_TEN, "2026-03-02T09:14:00Z")), 0, "online");
    shift.office.at("2026-03-02T09:14:30Z").contact_reads("c1").contact_offline("tom");
    assert_eq!(to_tom(&shift.passes_every(1, "2026-03-02T09:15:00Z", "2026-03-02T09:30:00Z")), 0, "read");
}

#[test]
fn b6_one_mail_is_sent_while_the_customer_is_offline_however_many_replies_follow() {
    let mut shift = shift(absent_contact());
    assert_eq!(to_tom(&shift.passes_every(1, NINE_TEN, "2026-03-02T09:15:00Z")), 1);
    for (time, until) in
        [("2026-03-02T09:16:00Z", "2026-03-02T09:30:00Z"), ("2026-03-02T12:00:00Z", "2026-03-02T13:00:00Z")]
    {
        shift.office.at(time).replies("ada", "c1", "one more thing");
        assert_eq!(to_tom(&shift.passes_every(5, time, until)), 0, "{time}");
    }
    shift.office.at("2026-03-02T14:00:00Z").asks("c2", "another matter").at("2026-03-02T14:10:00Z");
    shift.office.contact_offline("tom").replies("bob", "c2", "yes?");
    assert_eq!(to_tom(&shift.passes_every(1, "2026-03-02T14:11:00Z", "2026-03-02T14:30:00Z")), 1, "back and gone");
}

#[test]
fn b6_the_session_ends_when_the_customer_has_been_back() {
    let mut shift = shift(absent_contact());
    assert_eq!(to_tom(&shift.passes_every(1, NINE_TEN, "2026-03-02T09:15:00Z")), 1);
    shift.office.at("2026-03-02T09:30:00Z").contact_online("tom").contact_reads("c1").later(2).contact_offline("tom");
    shift.office.at("2026-03-02T09:40:00Z").replies("ada", "c1", "one more thing");
    let mails = shift.passes_every(1, "2026-03-02T09:40:00Z", "2026-03-02T09:45:00Z");
    assert_eq!(to_tom(&mails), 1);
    assert!(mails[0].text.contains("one more thing") && !mails[0].text.contains("good morning"), "{}", mails[0].text);
}

#[test]
fn b6_a_guest_without_an_address_is_passed_over_with_the_reason() {
    let mut office = office();
    office.guest("visitor").asks("c2", "anybody?").at(NINE_TEN).replies("ada", "c2", "yes");
    let mut shift = shift(office);
    let mails = shift.passes_every(1, NINE_TEN, "2026-03-02T09:15:00Z");
    assert!(!mails.iter().any(|mail| mail.text.contains("yes")), "{mails:?}");
    let guest = RecipientId::Contact(shift.office.contact_id("visitor")).to_string();
    let kept = shift.ledger().kept(&shift.office.conversation_id("c2")).unwrap();
    let reasons: Vec<&str> = kept.iter().filter(|it| it.recipient == guest).map(|it| it.reason.as_str()).collect();
    assert!(!reasons.is_empty() && reasons.iter().all(|reason| *reason == "no_address"), "{kept:?}");
}

#[test]
fn b6_the_agents_link_never_reaches_a_customer() {
    let mut office = absent_contact();
    office.contact_phone("tom", "+441632960099", Some(true));
    let mut shift = shift(office);
    let mails = shift.passes_every(5, NINE_TEN, "2026-03-02T10:00:00Z");
    assert_eq!((addresses(&mails), told(&shift, Channel::Sms)), (vec!["tom@customer.example"], vec!["tom"]));
    let notes: Vec<String> = shift.notes(Channel::Sms).iter().map(ToString::to_string).collect();
    for text in [&mails[0].text, &mails[0].html, &notes.concat()] {
        assert!(!text.contains("board.example.com"), "{text}");
    }
    assert!(mails[0].text.contains("https://www.example.com/#chat"), "{}", mails[0].text);
}

/// Words of the operator, as they stand in the settings of another program.
fn words(office: &Office) {
    let folder = office.folder().join("words");
    fs::create_dir(&folder).unwrap();
    let text = "Hello {recipient_name}!\n{sender_name} wrote:\n{message}\n{attachments}\n{conversation_link}\nNo. {conversation_id}\n";
    let html = "<p>Hello {recipient_name}!</p><img src=\"{sender_profile_image}\"><p>{message}</p>{attachments} \
                <a href=\"{conversation_link}\">{conversation_id}</a>";
    for (part, words) in [("subject", "{sender_name} in {conversation_id}"), ("txt", text), ("html", html)] {
        fs::write(folder.join(format!("digest.{part}.hbs")), words).unwrap();
    }
}

const WORDS: &str = "templates.folder = \"words\"";

/// Tom with a picture writes two lines, with a file, to Ada.
fn wordy_office() -> Office {
    let mut office = office();
    office.connection().execute("UPDATE contacts SET avatar_url = 'https://www.example.com/tom.png'", []).unwrap();
    office.assign("c1", "ada").asks("c1", "first line\nsecond <line>");
    office.attach("c1", "invoice.pdf", "https://www.example.com/invoice.pdf");
    words(&office);
    office
}

#[test]
fn b7_a_mail_is_in_the_operators_words_with_every_merge_field() {
    let mut shift = Shift::example_with(wordy_office(), "support-board", WORDS);
    shift.pass(NINE_ONE);
    let mail = shift.mails().remove(0);
    let id = shift.office.conversation_id("c1");
    assert_eq!(mail.subject, format!("Tom in {id}"));
    let link = format!("https://board.example.com/admin?conversation={id}");
    for part in ["Hello Ada!", "Tom wrote:", "first line", "second <line>", "invoice.pdf", &link, &format!("No. {id}")]
    {
        assert!(mail.text.contains(part), "{part}: {}", mail.text);
    }
    for part in
        ["<p>Hello Ada!</p>", "<img src=\"https://www.example.com/tom.png\">", "https://www.example.com/invoice.pdf"]
    {
        assert!(mail.html.contains(part), "{part}: {}", mail.html);
    }
    assert!(!mail.text.contains('{') && !mail.html.contains('{'), "{}", mail.html);
}

#[test]
fn b7_new_lines_become_line_breaks_in_html() {
    let mut shift = Shift::example_with(wordy_office(), "support-board", WORDS);
    shift.pass(NINE_ONE);
    let mail = shift.mails().remove(0);
    assert!(mail.html.contains("first line<br>\r\nsecond &lt;line&gt;"), "{}", mail.html);
    assert!(!mail.text.contains("<br>") && !mail.text.contains("first line second"), "{}", mail.text);
}

#[test]
fn b7_a_template_without_tags_keeps_its_lines_in_html() {
    let office = wordy_office();
    fs::write(office.folder().join("words/digest.html.hbs"), "Dear {recipient_name},\n{message}\nBye").unwrap();
    let mut shift = Shift::example_with(office, "support-board", WORDS);
    shift.pass(NINE_ONE);
    let mail = shift.mails().remove(0);
    let html = mail.html.replace("\r\n", "");
    assert!(html.contains("Dear Ada,<br>first line<br>second &lt;line&gt;<br>Bye"), "{html}");
}

#[test]
fn b7_the_link_to_the_conversation_is_for_agents_only() {
    let office = absent_contact();
    words(&office);
    let mut shift = Shift::example_with(office, "support-board", WORDS);
    let mails = shift.passes_every(1, NINE_TEN, "2026-03-02T09:15:00Z");
    assert_eq!(mails[0].subject, format!("Ada in {}", shift.office.conversation_id("c1")));
    assert!(!mails[0].text.contains("board.example.com") && !mails[0].html.contains("board.example.com"));
}

#[test]
fn b8_a_mail_holds_what_was_asked_so_far_or_the_latest_message_only() {
    for (extra, before) in [("", true), ("rule.first.show = \"latest\"", false)] {
        let mut office = office();
        office.assign("c1", "ada").later(1).asks("c1", "it is about my order").later(1).asks("c1", "number 42");
        let mut shift = Shift::example_with(office, "support-board", extra);
        shift.pass("2026-03-02T09:02:00Z");
        let mail = shift.mails().remove(0);
        assert!(mail.text.contains("number 42"), "{extra}: {}", mail.text);
        for earlier in ["hello?", "it is about my order"] {
            assert_eq!(mail.text.contains(earlier), before, "{extra}: {}", mail.text);
            assert_eq!(mail.html.contains(earlier), before, "{extra}: {}", mail.html);
        }
    }
}

#[test]
fn b9_a_refusal_is_said_in_the_servers_own_words_with_the_setting_to_mend() {
    let refused = Act::Say(b"530 5.7.0 Authentication required\r\n".to_vec());
    let server = SmtpServer::start(Tls::Never).at(At::Mail, refused);
    let mut shift = Shift::example_by(office(), server, "support-board", "");
    let report = shift.pass(NINE_ONE);
    assert_eq!(report.exit_status(), 78);
    let trouble = &report.troubles[0];
    assert_eq!(trouble.key, Some("email.username"));
    assert!(trouble.words.contains("Authentication required"), "{trouble:?}");
}

#[test]
fn b10_a_push_through_either_provider_replaces_the_desktop_notification() {
    for provider in ["onesignal", "beams"] {
        let mut office = Office::new();
        for agent in ["ada", "bob", "cy"] {
            office.agent(agent).device(agent, "webpush", &format!("browser of {agent}"));
        }
        office.device("ada", provider, "phone of ada").device("bob", provider, "phone of bob");
        office.prefers("bob", "first_message", "push", false).contact("tom").asks("c1", "hello?");
        let mut shift = shift(office);
        shift.pass(NINE_ONE);
        let tokens = |channel| -> Vec<String> {
            let notes = shift.notes(channel);
            notes.iter().map(|note| note["device"]["token"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(tokens(Channel::Push), ["phone of ada"]);
        assert_eq!(tokens(Channel::Desktop), ["browser of bob", "browser of cy"]);
        assert_eq!(shift.notes(Channel::Push)[0]["device"]["provider"], provider);
        let kept = shift.ledger().kept(&shift.office.conversation_id("c1")).unwrap();
        assert!(kept.iter().any(|it| it.reason == "replaced_by_push" && it.channel == "desktop"), "{kept:?}");
    }
}

/// The sound of everything that a pass tells by push, desktop and feed.
#[track_caller]
fn assert_sounds(shift: &mut Shift, time: &str, name: &str, repeats: bool) {
    shift.pass(time);
    for channel in [Channel::Push, Channel::Desktop] {
        let notes = shift.notes(channel);
        let sound = json!({ "name": name, "repeats": repeats });
        assert!(!notes.is_empty() && notes.iter().all(|note| note["sound"] == sound), "{channel}: {notes:?}");
    }
    let feed = shift.feed();
    let sound = Some((name.to_owned(), repeats));
    assert!(!feed.is_empty() && feed.iter().all(|shown| shown.sound == sound), "{feed:?}");
}

#[test]
fn b13_a_first_message_sounds_until_it_is_opened() {
    let mut office = office();
    office.agent("eve").device("eve", "webpush", "browser of eve");
    assert_sounds(&mut shift(office), NINE_ONE, "message", true);
}

#[test]
fn b13_a_later_message_sounds_until_it_is_opened() {
    let mut office = answered_office();
    office.agent("eve").device("eve", "webpush", "browser of eve");
    office.asks("c2", "me too").replies("eve", "c2", "yes?").later(1).asks("c2", "thank you");
    assert_sounds(&mut shift(office), "2026-03-02T09:12:00Z", "message", true);
}

#[test]
fn b13_a_sound_can_have_another_name_and_play_once() {
    for (extra, name, repeats) in [
        ("rule.first-push.sound_repeats = false", "message", false),
        ("rule.first-push.sound = \"chime\"", "chime", true),
    ] {
        let mut office = office();
        office.agent("eve").device("eve", "webpush", "browser of eve");
        assert_sounds(&mut Shift::example_with(office, "support-board", extra), NINE_ONE, name, repeats);
    }
}

#[test]
fn b13_the_sound_plays_in_view_too_unless_the_settings_say_otherwise() {
    for (extra, sounds) in [("", true), ("[rule.first-push]\nsound_in_view = false\n", false)] {
        let mut office = office();
        office.online("ada").assign("c1", "ada");
        let mut shift = Shift::example_with(office, "support-board", extra);
        shift.pass(NINE_ONE);
        assert_eq!(shift.feed()[0].sound.is_some(), sounds);
        assert_eq!(shift.notes(Channel::Push)[0].get("sound").is_some(), sounds);
    }
}

#[test]
fn all_of_this_holds_on_postgresql_too() {
    hold_on_postgresql_too(30, &[]);
}
