//! Faults that somebody might build in one day, planted to see that they are found.

use rusqlite::Connection;

/// A fault that somebody might build in one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// What was sent is not remembered.
    SentMovesNoMark,
    /// What was refused for good is told again and again.
    DeadMovesNoMark,
    /// What was dropped counts as told.
    SuppressedMovesMarks,
    /// A mark follows whatever was told last, also an older message.
    MarksGoBack,
    /// What a dead pass had on the wire counts as never sent.
    CrashIsNoDoubt,
    /// What a dead pass had claimed stays claimed.
    ClaimsOfTheDeadStay,
    /// A doubt does not keep its content key.
    DoubtLosesItsKey,
    /// Two open deliveries to one target.
    NoOpenIndex,
    /// What was answered is queued again as if it had never left.
    AnswerIsForgotten,
    /// The mail leaves before its row is committed.
    WireBeforeRow,
    /// The slot is committed and its deliveries are lost.
    SlotWithoutDeliveries,
    /// A slot happens twice.
    SlotTwice,
    /// The re-check is left out.
    NoRecheck,
    /// A deferral is given up at once, in silence.
    GivesUpInSilence,
}

pub(super) const FAULTS: [Fault; 14] = [
    Fault::SentMovesNoMark,
    Fault::DeadMovesNoMark,
    Fault::SuppressedMovesMarks,
    Fault::MarksGoBack,
    Fault::CrashIsNoDoubt,
    Fault::ClaimsOfTheDeadStay,
    Fault::DoubtLosesItsKey,
    Fault::NoOpenIndex,
    Fault::AnswerIsForgotten,
    Fault::WireBeforeRow,
    Fault::SlotWithoutDeliveries,
    Fault::SlotTwice,
    Fault::NoRecheck,
    Fault::GivesUpInSilence,
];

/// Plants those that live in the database; the others are asked for where they strike.
pub(super) fn plant(fault: Option<Fault>, connection: &Connection) {
    let sql = |text: &str| connection.execute_batch(text).unwrap();
    match fault {
        Some(Fault::MarksGoBack) => sql("CREATE TRIGGER back AFTER UPDATE ON doorbell_mark BEGIN
               UPDATE doorbell_mark SET message_at = OLD.message_at - 60000, message_id = 'm0' WHERE
                 (conversation_id, rule, recipient, channel, matter) =
                    (NEW.conversation_id, NEW.rule, NEW.recipient, NEW.channel, NEW.matter); END"),
        Some(Fault::SentMovesNoMark) => sql("CREATE TRIGGER sent AFTER INSERT ON doorbell_mark
             WHEN (SELECT state FROM doorbell_delivery WHERE id = NEW.delivery_id) = 'sent' BEGIN
               DELETE FROM doorbell_mark WHERE delivery_id = NEW.delivery_id; END"),
        Some(Fault::DeadMovesNoMark) => sql("CREATE TRIGGER dead AFTER INSERT ON doorbell_mark
             WHEN (SELECT state FROM doorbell_delivery WHERE id = NEW.delivery_id) = 'dead' BEGIN
               DELETE FROM doorbell_mark WHERE delivery_id = NEW.delivery_id; END"),
        Some(Fault::SuppressedMovesMarks) => {
            sql("CREATE TRIGGER dropped AFTER UPDATE ON doorbell_delivery WHEN NEW.state = 'suppressed' BEGIN
               INSERT OR REPLACE INTO doorbell_mark(conversation_id, rule, recipient, channel, message_id, message_at,
                 delivery_id, told_at)
               SELECT conversation_id, rule, NEW.recipient, NEW.channel, 'm99', message_at + 6000000, NEW.id, 0
               FROM doorbell_item WHERE delivery_id = NEW.id; END");
        }
        Some(Fault::NoOpenIndex) => sql("DROP INDEX doorbell_delivery_open"),
        Some(Fault::DoubtLosesItsKey) => sql(
            "CREATE TRIGGER key AFTER UPDATE ON doorbell_delivery WHEN NEW.state = 'queued' AND NEW.ambiguous > 0 BEGIN
               UPDATE doorbell_delivery SET uid = NULL, ambiguous = 0 WHERE id = NEW.id; END",
        ),
        _ => {}
    }
}
