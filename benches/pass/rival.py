"""The same digest pass by django-post_office, for `make bench`: the strongest product that does this by cron.

`queue` finds who has waiting conversations in the desk chat.db, renders a digest for each, queues and records them.
`send` is the product's own command, tuned: two processes, four connections each, batches of 500.
"""

import sqlite3
import sys

import django
from django.conf import settings

PROCESSES, CONNECTIONS, BATCH = 2, 4, 500

TEXT = """{{ count }} conversations wait
{% for said in conversations %}
------------------------------------------------------------------------
About {{ said.number }} {{ said.subject }}
From {{ said.contact }}

{{ said.body }}

https://chat.example.com/{{ said.number }}
{% endfor %}
Support desk sent this to {{ name }}.
"""
# as much markup as doorbell's own mails have
HTML = (
    "<!DOCTYPE html><html><head><style>"
    + ".card{margin:0 0 14px;border-radius:8px;font-size:15px;line-height:23px}" * 30
    + "</style></head><body><h1>{{ count }} conversations wait</h1>{% for said in conversations %}"
    "<table><tr><td><strong>{{ said.contact }}</strong><br>{{ said.number }} {{ said.subject }}</td></tr>"
    '<tr><td><div class="card" style="background:#f6f6f8;color:#27272a;padding:13px 16px">'
    "{{ said.body|linebreaksbr }}</div>"
    '<a href="https://chat.example.com/{{ said.number }}">Open the conversation</a></td></tr></table>'
    "{% endfor %}<p>Support desk sent this to {{ name }}.</p></body></html>"
)


def set_up(port):
    settings.configure(
        INSTALLED_APPS=["post_office"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "queue.db", "OPTIONS": {"timeout": 30}}},
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=int(port),
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
        USE_TZ=True,
        POST_OFFICE={
            "BATCH_SIZE": BATCH,
            "THREADS_PER_PROCESS": CONNECTIONS,
            "LOG_LEVEL": 1,
            "MAX_RETRIES": 3,
            "MESSAGE_ID_ENABLED": True,
            "MESSAGE_ID_FQDN": "example.com",
            "BACKENDS": {"default": "django.core.mail.backends.smtp.EmailBackend"},
        },
    )
    django.setup()


def waiting(desk):
    """Each agent with the conversations that wait for them and were not told yet."""
    rows = desk.execute(
        """SELECT a.id, a.name, a.email, c.number, c.subject, t.name, m.body, m.id
           FROM conversations c JOIN agents a ON a.id = c.assignee_id LEFT JOIN contacts t ON t.id = c.contact_id
           JOIN messages m ON m.id = (SELECT n.id FROM messages n WHERE n.conversation_id = c.id
                                      ORDER BY n.created_at DESC, n.id DESC LIMIT 1)
           WHERE c.waiting_since IS NOT NULL AND c.status = 'open'
             AND NOT EXISTS (SELECT 1 FROM told WHERE message_id = m.id AND agent_id = a.id)
           ORDER BY a.id, c.id"""
    )
    people = {}
    for agent, name, email, number, subject, contact, body, message in rows:
        said = {"number": number, "subject": subject, "contact": contact, "body": body, "message": message}
        people.setdefault((agent, name, email), []).append(said)
    return people


def queue():
    from django.db import transaction
    from django.template import Context, Engine
    from post_office import mail

    text, html = (Engine.get_default().from_string(source) for source in (TEXT, HTML))
    desk = sqlite3.connect("chat.db")
    desk.execute("CREATE TABLE IF NOT EXISTS told(message_id, agent_id, PRIMARY KEY(message_id, agent_id))")
    digests, told = [], []
    for (agent, name, email), conversations in waiting(desk).items():
        context = Context({"name": name, "count": len(conversations), "conversations": conversations})
        digests.append(
            {
                "recipients": [email],
                "sender": "Desk <desk@example.com>",
                "subject": f"{len(conversations)} conversations wait",
                "message": text.render(context),
                "html_message": html.render(context),
            }
        )
        told += [(said["message"], agent) for said in conversations]
    with transaction.atomic():
        mail.send_many(digests)
    with desk:
        desk.executemany("INSERT INTO told VALUES (?, ?)", told)


def main():
    step, port = sys.argv[1:]
    set_up(port)
    from django.core.management import call_command

    if step == "install":
        call_command("migrate", verbosity=0)
    if step == "queue":
        queue()
    if step in ("queue", "send"):
        call_command("send_queued_mail", processes=PROCESSES, lockfile="queue.lock", log_level=1)


main()
