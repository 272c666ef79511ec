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
    """`difficulty`: 0 (everybody) to 1 (nearly nobody)."""

    title: str
    color: str
    difficulty: float


PROBLEMS = (
    Problem("Lighthouse Keepers", "#d7263d", 0.05),
    Problem("Balanced Bakery", "#f4a300", 0.15),
    Problem("Counting Kites", "#2e86ab", 0.25),
    Problem("Tram Number Nine", "#1b998b", 0.35),
    Problem("Origami Inspector", "#7b2d8b", 0.45),
    Problem("Whispering Gallery", "#f46036", 0.5),
    Problem("Snow on the Grid", "#6c757d", 0.6),
    Problem("Clockwork Garden", "#3a7d44", 0.7),
    Problem("The Last Ferry", "#22577a", 0.8),
    Problem("Infinite Carousel", "#c9379d", 0.92),
)

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
