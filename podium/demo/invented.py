"""Invented teams and problems: names in several scripts, so that a demonstration shows what real boards have to draw."""

from typing import NamedTuple

TEAMS = (
    "Segfault Symphony", "Los Punteros Perdidos", "Żółte Drzewa AVL", "Тихий Дон Кихот", "ボトムアップ同好会", "Λάμδα & Φίλοι",
    "Off By Juan", "Kaffee und Kuchen (k+1)", "算法茶馆", "Rubber Duck Choir", "Die Nullzeiger", "فريق المؤشرات", "Big O Positive",
    "Çift Sayılar", "Три с плюсом", "알고리즘 산책", "Stack Smashers", "The Lazy Propagators", "Ørsted's Ørrays", "ปลาดาวไบนารี",
    "Greedy but Polite", "Mångata", "Σ Everybody", "Null Island Yacht Club", "ध्रुव तारा", "Quaternion Quokkas", "Červení Medvedi",
    "Hash Browns", "צב מהיר", "Bubble Tea Sort", "Árvores Binárias", "Fenwick's Finest", "გრაფი და ჭადარი", "Heap of Trouble",
    "Segment Treehouse", "Жуки у бурштині", "Deadlock Holmes", "Naïve but Brave", "数え上げ隊", "Mergeable Otters", "Prime Suspects",
    "Ինը Կետ", "Ctrl Alt Elite", "Les Récursifs Récursifs", "Pigeonhole Pigeons", "Õhtune Algoritm", "Matrix Choir", "Ford & Fulkerson",
    "Небесные Графы", "Tail Call Cats", "Sorted Socks", "バグ養殖場", "Dijkstra's Shortcut", "Turing Incompletes", "Sieve of Erato",
    "Long Long Way Home", "Palindrome Emordnilap", "Wombat Combinators", "Cache Me Outside", "Ants in a Trie",
)  # fmt: skip
"""More contestants than names: the names come again with a numeral."""


class Problem(NamedTuple):
    """`difficulty`: 0 (everybody) to 1 (nearly nobody). `statement`: Markdown."""

    title: str
    color: str
    difficulty: float
    statement: str


DESCRIPTION = (
    "A rehearsal. Most contestants are simulated, and so is the judge: nobody runs the programs, verdicts are drawn by chance. "
    "The contest's clock runs faster than yours."
)

PROBLEMS = (
    Problem(
        "Lighthouse Keepers", "#d7263d", 0.05,
        "Each of `n` keepers sleeps through the same hours every night. Print how many hours of the night at least one of them is awake.",
    ),
    Problem(
        "Balanced Bakery", "#f4a300", 0.15,
        "A tray holds loaves of known weights. Print the place at which cutting the tray in two leaves both halves equally heavy, or `-1`.",
    ),
    Problem(
        "Counting Kites", "#2e86ab", 0.25,
        "Strings of kites are segments in the plane, and kites may share a string. Print how many kites fly above none of the others.",
    ),
    Problem(
        "Tram Number Nine", "#1b998b", 0.35,
        "Tram 9 turns at any stop where nobody waits. Given who waits when, print the minute at which it first reaches the harbour.",
    ),
    Problem(
        "Origami Inspector", "#7b2d8b", 0.45,
        "A strip of paper was folded `k` times and pricked once with a needle. Print where the holes are when it is unfolded.",
    ),
    Problem(
        "Whispering Gallery", "#f46036", 0.5,
        "A word is passed on along the walls of a polygon. Print the two places that hear it from the most directions.",
    ),
    Problem(
        "Snow on the Grid", "#6c757d", 0.6,
        "Snow falls on the cells of a grid and does not melt. Print after how many flakes the first row is closed from end to end.",
    ),
    Problem(
        "Clockwork Garden", "#3a7d44", 0.7,
        "Gears with the given teeth stand in a garden, some of them touching. Print which one to take out so that all others can turn.",
    ),
    Problem(
        "The Last Ferry", "#22577a", 0.8,
        "Islands, ferries and their timetables are given. Print the latest moment to leave home and still sleep in one's own bed.",
    ),
    Problem(
        "Infinite Carousel", "#c9379d", 0.92,
        "Riders change horses by a rule of three numbers. Print the first round after which all sit where they began, modulo `998244353`.",
    ),
)  # fmt: skip

TITLES = ("Harbour Open", "Lantern Cup", "Autumn Sprint", "Riverside Invitational", "Snowline Challenge", "Equinox Contest")

ANNOUNCEMENTS = (
    "Welcome. Balloons are on their way to whoever is first.",
    "Problem C: kites may share a string.",
    "Cake is at the back of the hall.",
    "Problem G: the snow does not melt during the contest.",
)


def team_names(count: int) -> list[str]:
    return [TEAMS[n % len(TEAMS)] + (f" {_ROMAN[n // len(TEAMS)]}" if n >= len(TEAMS) else "") for n in range(count)]


_ROMAN = ("", "II", "III", "IV", "V")
