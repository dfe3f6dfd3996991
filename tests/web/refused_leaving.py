"""The same for what people take along, and for those who leave."""

from tests.support.administration import ADMIN
from tests.web.refused import USERS, Ask, abroad, ended, get, misshapen, post

EXPORT, REMOVAL = f"{USERS}/me/export", f"{USERS}/me/removal"
NAMED, SOMEBODY, NOBODY = (f"{ADMIN}/users/{name}" for name in ("{username}", "somebody", "nobody"))
WRONG = {"password": "the password of somebody else"}
GOING = {"mode": "anonymise"}
REFUSED: dict[tuple[str, str], list[Ask]] = {
    ("GET", EXPORT): [ended(EXPORT)],
    ("POST", EXPORT): [ended(EXPORT, "POST", WRONG)],
    ("GET", f"{EXPORT}/archive"): [ended(f"{EXPORT}/archive")],
    ("POST", REMOVAL): [ended(REMOVAL, "POST", WRONG | GOING)],
    ("POST", f"{NAMED}/export"): [get(f"{SOMEBODY}/export", "POST")],
    ("POST", f"{NAMED}/removal"): [get(f"{SOMEBODY}/removal", "POST")],
}
SIGNED_IN: dict[tuple[str, str], list[Ask]] = {
    ("POST", EXPORT): [
        *misshapen(EXPORT), post(EXPORT, WRONG), post(EXPORT, {"password": "x" * 2000}),
    ],
    ("GET", f"{EXPORT}/archive"): [get(f"{EXPORT}/archive")],
    ("POST", REMOVAL): [
        *misshapen(REMOVAL), post(REMOVAL, WRONG | GOING),
        post(REMOVAL, {"password": "x" * 2000} | GOING),
    ],
}  # fmt: skip
RUNNING: dict[tuple[str, str], list[Ask]] = {
    ("POST", f"{NAMED}/export"): [
        post(f"{NOBODY}/export"), post(f"{ADMIN}/users/{'x' * 101}/export"),
        abroad(f"{SOMEBODY}/export"),
    ],
    ("POST", f"{NAMED}/removal"): [
        *misshapen(f"{SOMEBODY}/removal"), post(f"{NOBODY}/removal", GOING),
        post(f"{ADMIN}/users/{'x' * 101}/removal", GOING),
    ],
}  # fmt: skip
# There has to be an archive.
ELSEWHERE = {("GET", f"{EXPORT}/archive"): {"range_invalid"}}
