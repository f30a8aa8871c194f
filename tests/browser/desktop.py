# A desktop's notification area (the freedesktop.org specification, 1.2): says on standard output, line by line as JSON,
# what it is asked to show, and clicks on what standard input names by number.
import json, sys, threading
from jeepney import DBusAddress, HeaderFields, MessageType, message_bus, new_method_return, new_signal
from jeepney.io.threading import open_dbus_connection, DBusRouter

NAME = 'org.freedesktop.Notifications'
HERE = DBusAddress('/org/freedesktop/Notifications', interface=NAME)
connection = open_dbus_connection('SESSION')


def say(**what):
    print(json.dumps(what), flush=True)


def clicks():
    for line in sys.stdin:
        connection.send(new_signal(HERE, 'ActionInvoked', 'us', (int(line), 'default')))


last = 0
connection.send(message_bus.RequestName(NAME))
while True:
    call = connection.receive()
    if call.header.message_type == MessageType.method_return and not last:
        last = 1
        say(ready=True)
        threading.Thread(target=clicks, daemon=True).start()
    if call.header.message_type != MessageType.method_call:
        continue
    member = call.header.fields[HeaderFields.member]
    if member == 'GetCapabilities':
        connection.send(new_method_return(call, 'as', (['actions', 'body', 'persistence'],)))
    elif member == 'GetServerInformation':
        connection.send(new_method_return(call, 'ssss', ('desktop', 'doorbell', '1', '1.2')))
    elif member == 'Notify':
        _, replaces, _, title, body, _, hints, expires = call.body
        number = replaces or (last := last + 1)
        silent = hints.get('suppress-sound', ('b', False))[1]
        connection.send(new_method_return(call, 'u', (number,)))
        say(number=number, title=title, body=body, silent=silent, stays=expires == 0)
    elif member == 'CloseNotification':
        connection.send(new_method_return(call))
        connection.send(new_signal(HERE, 'NotificationClosed', 'uu', (call.body[0], 3)))
        say(closed=call.body[0])
