"""
A signed message is taken as it was sent and in no other way, whatever comes in.
"""

import base64
import hashlib
import hmac
import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ordercore import InvalidDefinition, Rejected
from ordercore.intake import (
    BODY_BYTES_MAX,
    sign_standard_webhook,
    sign_stripe_webhook,
    verify_standard_webhook,
    verify_stripe_signature,
)

AT = datetime(2026, 3, 2, 9, 0, 0, 250_000, tzinfo=UTC)
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OTHER = "whsec_" + base64.b64encode(bytes(range(1, 33))).decode()
STRIPE = "whsec_of-the-endpoint"

#: The test of the specification's own libraries, as they publish it.
KNOWN_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - published
KNOWN = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
KNOWN_BODY = b'{"test": 2432232314}'
KNOWN_AT = datetime.fromtimestamp(1614265330, UTC)

#: Names and values as a hostile client writes them, real ones among them.
HEADER_VALUES = st.text(max_size=40) | st.sampled_from(
    [*KNOWN.values(), "t=1614265330,v1=00", "t=1,t=2", "v1,", "v1,=", "٣٤", "-1", "1e9"]
)
HEADERS = st.dictionaries(
    st.sampled_from(["webhook-id", "Webhook-Timestamp", "WEBHOOK-SIGNATURE", "x"]), HEADER_VALUES
)
SECRETS = st.binary(min_size=24, max_size=64).map(lambda raw: base64.b64encode(raw).decode())
MESSAGE_IDS = st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True)
INSTANTS = st.datetimes(
    min_value=datetime(1971, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


def code_of(refused: pytest.ExceptionInfo[Rejected]) -> str:
    return refused.value.code


# --- as published ----------------------------------------------------------------------------


def test_the_published_example_of_standard_webhooks_is_verified_and_signed() -> None:
    assert (
        verify_standard_webhook([KNOWN_SECRET], KNOWN, KNOWN_BODY, KNOWN_AT) == KNOWN["webhook-id"]
    )
    assert sign_standard_webhook(KNOWN_SECRET, KNOWN["webhook-id"], KNOWN_BODY, KNOWN_AT) == KNOWN


def test_one_letter_beside_the_published_signature_is_refused() -> None:
    wrong = {**KNOWN, "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA="}

    with pytest.raises(Rejected) as refused:
        verify_standard_webhook([KNOWN_SECRET], wrong, KNOWN_BODY, KNOWN_AT)

    assert code_of(refused) == "wrong_signature"


def test_a_stripe_signature_is_the_mac_of_time_and_body_under_the_secret_as_written() -> None:
    mac = hmac.new(STRIPE.encode(), b'1614265330.{"id":"evt_1"}', hashlib.sha256).hexdigest()
    header = f"t=1614265330,v1={mac},v0=6ffbb59b2300aae63f272406069a9788598b792a"

    assert verify_stripe_signature([STRIPE], header, b'{"id":"evt_1"}', KNOWN_AT) == KNOWN_AT
    assert sign_stripe_webhook(STRIPE, b'{"id":"evt_1"}', KNOWN_AT) == f"t=1614265330,v1={mac}"


# --- laws ------------------------------------------------------------------------------------


@given(SECRETS, MESSAGE_IDS, st.binary(max_size=200), INSTANTS, st.integers(-300, 300))
def test_what_is_signed_is_verified_within_the_tolerance(
    secret: str, message_id: str, body: bytes, at: datetime, off_s: int
) -> None:
    headers = sign_standard_webhook(secret, message_id, body, at)
    header = sign_stripe_webhook(secret, body, at)
    now = at.replace(microsecond=0) + timedelta(seconds=off_s)

    assert verify_standard_webhook([secret], headers, body, now) == message_id
    assert verify_stripe_signature([secret], header, body, now) == at.replace(microsecond=0)


@given(st.binary(min_size=1, max_size=80), st.data())
def test_any_changed_byte_of_the_body_is_refused(body: bytes, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(body) - 1))
    flip = data.draw(st.integers(1, 255))
    changed = body[:place] + bytes([body[place] ^ flip]) + body[place + 1 :]

    with pytest.raises(Rejected) as standard:
        verify_standard_webhook([SECRET], sign_standard_webhook(SECRET, "m", body, AT), changed, AT)
    with pytest.raises(Rejected) as stripe:
        verify_stripe_signature([STRIPE], sign_stripe_webhook(STRIPE, body, AT), changed, AT)

    assert code_of(standard) == code_of(stripe) == "wrong_signature"


@given(SECRETS, SECRETS)
def test_another_secret_is_refused(secret: str, other: str) -> None:
    assume(secret != other)
    with pytest.raises(Rejected, match="wrong_signature"):
        verify_standard_webhook([other], sign_standard_webhook(secret, "m", b"{}", AT), b"{}", AT)
    with pytest.raises(Rejected, match="wrong_signature"):
        verify_stripe_signature([other], sign_stripe_webhook(secret, b"{}", AT), b"{}", AT)


@given(st.integers(0, 10_000), st.integers(1, 10**8), st.booleans())
def test_a_time_outside_of_the_tolerance_is_refused_though_it_is_well_signed(
    tolerance_s: int, over_s: int, early: bool
) -> None:
    sent = AT.replace(microsecond=0)
    off = timedelta(seconds=tolerance_s + over_s)
    now = sent - off if early else sent + off
    code = "too_new" if early else "too_old"

    headers = sign_standard_webhook(SECRET, "m", b"{}", sent)
    with pytest.raises(Rejected, match=code):
        verify_standard_webhook([SECRET], headers, b"{}", now, tolerance_s)
    with pytest.raises(Rejected, match=code):
        verify_stripe_signature(
            [STRIPE], sign_stripe_webhook(STRIPE, b"{}", sent), b"{}", now, tolerance_s
        )


@given(HEADERS, st.none() | HEADER_VALUES, st.binary(max_size=40))
def test_whatever_comes_in_is_refused_by_a_code_and_told_nothing(
    headers: dict[str, str], header: str | None, body: bytes
) -> None:
    codes = {"missing_header", "malformed", "too_old", "too_new", "wrong_signature"}
    with pytest.raises(Rejected) as standard:
        verify_standard_webhook([SECRET], headers, b"\xff" + body, KNOWN_AT)
    with pytest.raises(Rejected) as stripe:
        verify_stripe_signature([STRIPE], header, b"\xff" + body, KNOWN_AT)

    assert {code_of(standard), code_of(stripe)} <= codes
    for refused in (standard, stripe):
        assert SECRET[6:] not in str(refused.value)
        assert STRIPE not in repr(refused.value)


@given(st.lists(st.tuples(st.text(max_size=20), HEADER_VALUES)), st.text(max_size=60))
def test_pairs_of_headers_and_lone_surrogates_do_no_harm(
    pairs: list[tuple[str, str]], listed: str
) -> None:
    given_ = [*pairs, ("webhook-signature", f"v1,\ud800{listed}")]
    with pytest.raises(Rejected):
        verify_standard_webhook([SECRET], given_, b"{}", AT)


# --- rotation, spelling, what is refused ------------------------------------------------------


def test_any_of_several_secrets_and_any_of_several_signatures_will_do() -> None:
    old, new = (sign_standard_webhook(s, "m", b"{}", AT) for s in (OTHER, SECRET))
    listed = f"v1a,AAAA {old['webhook-signature']} v2,x {new['webhook-signature']}"
    both = {**new, "webhook-signature": listed}
    at, one = sign_stripe_webhook(STRIPE, b"{}", AT).split(",")
    _, two = sign_stripe_webhook("next", b"{}", AT).split(",")

    for secrets in ([SECRET], [OTHER], [KNOWN_SECRET, SECRET]):
        assert verify_standard_webhook(secrets, both, b"{}", AT) == "m"
    for secrets in ([STRIPE], ["next"], ["unused", "next"]):
        assert verify_stripe_signature(secrets, f"{at},{one},{two}", b"{}", AT) <= AT


def test_names_of_headers_are_read_in_any_case_and_as_pairs() -> None:
    headers = sign_standard_webhook(SECRET, "m", b"{}", AT)

    assert verify_standard_webhook(
        [SECRET], {name.title(): value for name, value in headers.items()}, b"{}", AT
    )
    assert verify_standard_webhook([SECRET.removeprefix("whsec_")], headers.items(), b"{}", AT)


def test_pairs_that_can_be_read_once_are_read_once_and_in_any_order() -> None:
    headers = sign_standard_webhook(SECRET, "m", b"{}", AT)

    for pairs in itertools.permutations(headers.items()):
        assert verify_standard_webhook([SECRET], iter(pairs), b"{}", AT) == "m"


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_header_that_is_missing_or_stands_twice_is_refused(name: str) -> None:
    headers = sign_standard_webhook(SECRET, "m", b"{}", AT)
    without = {key: value for key, value in headers.items() if key != name}

    with pytest.raises(Rejected) as missing:
        verify_standard_webhook([SECRET], without, b"{}", AT)
    with pytest.raises(Rejected) as twice:
        verify_standard_webhook(
            [SECRET], [*headers.items(), (name.upper(), headers[name])], b"{}", AT
        )

    assert (code_of(missing), missing.value.data["header"]) == ("missing_header", name)
    assert (code_of(twice), twice.value.data["header"]) == ("malformed", name)
    with pytest.raises(Rejected, match="missing_header"):
        verify_stripe_signature([STRIPE], None, b"{}", AT)


@pytest.mark.parametrize("sent", ["", "x", "-5", "1.5", "1e9", "٣", "99999999999", " 1614265330"])
def test_a_time_that_is_no_whole_number_of_seconds_is_malformed(sent: str) -> None:
    with pytest.raises(Rejected, match="malformed"):
        verify_standard_webhook([KNOWN_SECRET], {**KNOWN, "webhook-timestamp": sent}, b"", KNOWN_AT)
    with pytest.raises(Rejected, match="malformed"):
        verify_stripe_signature([STRIPE], f"t={sent},v1=00", b"", KNOWN_AT)


def test_an_id_with_a_full_stop_is_refused_for_it_could_be_read_in_two_ways() -> None:
    """The content "x.1" + "." + "2" + "." + body is that of "x", "1" and the body "2.body" too."""
    genuine = sign_standard_webhook(SECRET, "x", b"1614265330.{}", KNOWN_AT)
    forged = {
        "webhook-id": f"x.{genuine['webhook-timestamp']}",
        "webhook-timestamp": "1614265330",
        "webhook-signature": genuine["webhook-signature"],
    }

    with pytest.raises(Rejected, match="malformed"):
        verify_standard_webhook([SECRET], forged, b"{}", KNOWN_AT)
    with pytest.raises(Rejected, match="malformed"):
        sign_standard_webhook(SECRET, "x.y", b"{}", KNOWN_AT)


def test_another_spelling_of_a_good_signature_is_refused() -> None:
    """The last letter of the base64 of 32 bytes holds two bits that decode to nothing."""
    same_bytes = KNOWN["webhook-signature"].replace("1OE=", "1OF=")
    assert base64.b64decode(same_bytes[3:]) == base64.b64decode(KNOWN["webhook-signature"][3:])

    with pytest.raises(Rejected, match="wrong_signature"):
        verify_standard_webhook(
            [KNOWN_SECRET], {**KNOWN, "webhook-signature": same_bytes}, KNOWN_BODY, KNOWN_AT
        )


def test_what_is_too_large_is_refused_before_it_is_hashed() -> None:
    body = bytes(BODY_BYTES_MAX + 1)
    long = {**KNOWN, "webhook-signature": "v1,x " * 1_000}

    with pytest.raises(Rejected, match="too_large"):
        verify_standard_webhook([SECRET], sign_standard_webhook(SECRET, "m", body, AT), body, AT)
    with pytest.raises(Rejected, match="malformed"):
        verify_standard_webhook([SECRET], long, b"", KNOWN_AT)
    with pytest.raises(Rejected, match="malformed"):
        verify_stripe_signature([STRIPE], "t=1," + "v1=0," * 1_000, b"", KNOWN_AT)


@pytest.mark.parametrize(
    "secrets", [[], [""], ["whsec_"], ["whsec_c2hvcnQ="], ["whsec_ not base64"], ["whsec_é"]]
)
def test_a_host_without_a_proper_secret_is_told_and_never_verifies(secrets: list[str]) -> None:
    with pytest.raises(InvalidDefinition) as wrong:
        verify_standard_webhook(secrets, KNOWN, KNOWN_BODY, KNOWN_AT)

    assert "c2hvcnQ" not in str(wrong.value)


@pytest.mark.parametrize("secrets", [[], [""]])
def test_no_stripe_secret_verifies_nothing(secrets: list[str]) -> None:
    with pytest.raises(InvalidDefinition):
        verify_stripe_signature(secrets, sign_stripe_webhook(STRIPE, b"{}", AT), b"{}", AT)
