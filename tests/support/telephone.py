#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# A telephone on 127.0.0.1:5070, by sipp(1), for one call. usage: telephone.py FOLDER [KEYS | busy | silent]
# KEYS are pressed after the call was taken, as telephone-events (RFC 4733) beside the voice.
import os
import struct
import subprocess
import sys

EVENTS = {key: number for number, key in enumerate("0123456789*#")}
REPLY = """<send{options}><![CDATA[
SIP/2.0 {status}
[last_Via:]
[last_From:]
[last_To:];tag=seimon[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:[local_ip]:[local_port]>
{body}]]></send>"""
NOTHING = "Content-Length: 0\n\n"
VOICE = """Content-Type: application/sdp
Content-Length: [len]

v=0
o=phone 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [auto_media_port] RTP/AVP 0 101
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
"""


def reply(status, body=NOTHING, options=""):
    return REPLY.format(status=status, body=body, options=options)


def write_keys(keys, path):
    """A capture of the packets, for play_pcap_audio."""
    sequence, stamp, at = 1000, 16000, 0.3
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for key in keys:
            for number in range(1, 9):
                marker = 0x80 if number == 1 else 0
                end = 0x80 if number > 5 else 0
                payload = struct.pack("!BBHII", 0x80, 101 | marker, sequence, stamp, 0x1234)
                payload += struct.pack("!BBH", EVENTS[key], end | 10, 160 * min(number, 6))
                udp = struct.pack("!HHHH", 6000, 7000, 8 + len(payload), 0) + payload
                local = b"\x7f\0\0\1"
                packet = b"\0" * 12 + b"\x08\0" + struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, local, local) + udp
                file.write(struct.pack("<IIII", int(at), int(at % 1 * 1e6), len(packet), len(packet)) + packet)
                sequence += 1
                at += 0.02
            stamp += 4000
            at += 0.2


def scenario(does, capture):
    steps = ['<recv request="INVITE"/>', reply("180 Ringing")]
    if does == "busy":
        return steps + [reply("486 Busy Here", options=' retrans="500"'), '<recv request="ACK"/>']
    if does == "silent":
        return steps + ['<recv request="CANCEL" timeout="20000"/>', reply("200 OK")]
    steps += [reply("200 OK", VOICE, ' retrans="500"'), '<recv request="ACK"/>']
    if does:
        steps += ['<pause milliseconds="200"/>', f'<nop><action><exec play_pcap_audio="{capture}"/></action></nop>']
    return steps + ['<recv request="BYE" timeout="60000"/>', reply("200 OK")]


def main():
    folder, does = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""
    capture, path = os.path.join(folder, "keys.pcap"), os.path.join(folder, "telephone.xml")
    write_keys(does if does not in ("busy", "silent") else "", capture)
    with open(path, "w", encoding="utf-8") as file:
        file.write('<?xml version="1.0"?>\n<scenario>\n%s\n</scenario>\n' % "\n".join(scenario(does, capture)))
    command = ["sipp", "-sf", path, "-i", "127.0.0.1", "-p", "5070", "-m", "1", "-nostdin", "-timeout", "90"]
    sys.exit(subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder).returncode)


main()
