"""Who lives in the demo: two organisations, their teams, and the customers that they are onboarding."""

from dataclasses import dataclass, replace

PASSWORD = "open the door slowly"  # noqa: S105 - the demo's, printed on screen, for this machine only


@dataclass(frozen=True, slots=True)
class Example:
    """One demo customer: kick-off so many days ago, so many steps done since, nothing done for `quiet` days.

    `undecided` leaves a proposed change of the plan to whoever tries the demo.
    """

    name: str
    industry: str
    city: str
    country: str
    contact: str
    title: str
    email: str
    language: str
    playbook: str
    owner: int
    days_ago: int
    done: int
    quiet: int = 1
    paused: bool = False
    undecided: bool = False


@dataclass(frozen=True, slots=True)
class House:
    """One demo organisation; members are (e-mail, name, role, title). It has all shipped playbooks, or those named."""

    slug: str
    name: str
    country: str
    time_zone: str
    accent: str
    team: tuple[tuple[str, str, str, str], ...]
    customers: tuple[Example, ...]
    playbooks: tuple[str, ...] = ()


HOUSES = (
    House(
        "steppe", "Steppe Cloud", "MN", "Asia/Ulaanbaatar", "#2f5bd7",
        (
            ("anna@steppe.example", "Anna Bauer", "owner", "Head of onboarding"),
            ("bat@steppe.example", "Батболд Ганзориг", "specialist", "Onboarding specialist"),
            ("siti@steppe.example", "Siti Aminah", "manager", "Team lead"),
            ("leyla@steppe.example", "Leyla Məmmədova", "compliance", "Compliance officer"),
        ),
        (
            Example("Gobi Textile", "Textiles", "Ulaanbaatar", "MN", "Сарнай Дорж", "Мэдээллийн технологийн захирал",
                    "sarnai@gobi.example", "mn", "saas", 0, 24, 11, 2, undecided=True),
            Example("Padma Logistics", "Logistics", "Dhaka", "BD", "রহিমা খাতুন চৌধুরী", "পরিচালন ব্যবস্থাপক",
                    "rahima@padma.example", "bn", "four-steps", 1, 12, 4, 3),
            Example("Xəzər Enerji", "Energy", "Bakı", "AZ", "Elçin Quliyev", "Layihə rəhbəri", "elcin@xezer.example", "az",
                    "software", 0, 15, 7, 6),
            Example("Selat Foods", "Food", "Johor Bahru", "MY", "Nur Iskandar", "Pengurus operasi", "nur@selat.example", "ms",
                    "consulting", 2, 3, 1, 1),
            Example("Himalaya Books", "Retail", "Lucknow", "IN", "अनुराधा श्रीवास्तव", "वित्त प्रमुख", "anuradha@himalaya.example", "hi",
                    "financial-services", 1, 28, 15, 4),
            Example("Harbour & Sons", "Engineering", "Bristol", "GB", "Tom Harbour", "Operations director", "tom@harbour.example", "en",
                    "four-steps", 0, 9, 4, 1),
            Example("Orchid Clinics", "Health", "Kuala Lumpur", "MY", "Dr Farah Wong", "Pengarah klinik", "farah@orchid.example", "ms",
                    "saas", 2, 38, 32, 2),
            Example("Meridian Freight", "Logistics", "Rotterdam", "NL", "Pieter de Vries", "IT manager", "pieter@meridian.example", "en",
                    "software", 1, 20, 9, 9, paused=True),
            Example("Baku Tea House", "Hospitality", "Bakı", "AZ", "Nigar Əliyeva", "Direktor", "nigar@teahouse.example", "az",
                    "four-steps", 0, 45, 60, 3),
            Example("Ganga Motors", "Automotive", "Varanasi", "IN", "विक्रम सिंह", "संचालन प्रबंधक", "vikram@ganga.example", "hi", "saas", 1, 7, 3, 2),
            # Live for a while: what forecasts learn from.
            Example("Altai Cashmere", "Textiles", "Darkhan", "MN", "Оюунчимэг Бат-Эрдэнэ", "Борлуулалтын захирал",
                    "oyun@altai.example", "mn", "four-steps", 0, 84, 40, 48),
            Example("Sundarban Tea", "Food", "Khulna", "BD", "মাহমুদা হোসেন", "ক্রয় ব্যবস্থাপক", "mahmuda@sundarban.example", "bn",
                    "four-steps", 1, 78, 40, 30),
            Example("Kestrel Instruments", "Engineering", "Leeds", "GB", "Grace Holloway", "Head of operations",
                    "grace@kestrel.example", "en", "four-steps", 2, 70, 40, 36),
            Example("Melaka Marine", "Logistics", "Melaka", "MY", "Hafiz Rahman", "Pengarah operasi", "hafiz@melakamarine.example", "ms",
                    "four-steps", 2, 63, 40, 14),
            Example("Qarabağ Süd", "Food", "Ağdam", "AZ", "Rəşad Həsənov", "Texniki direktor", "reshad@qarabag.example", "az",
                    "four-steps", 0, 57, 40, 20),
        ),
    ),
    House(
        "delta", "Delta Partners", "BD", "Asia/Dhaka", "#0f766e",
        (
            ("karim@delta.example", "করিম আহমেদ", "owner", "Partner"),
            ("mina@delta.example", "Mina Rao", "specialist", "Consultant"),
        ),
        (Example("Meghna Bank", "Banking", "Dhaka", "BD", "Farida Begum", "Head of operations", "farida@meghna.example", "bn",
                 "consulting", 0, 8, 3, 2),),
        playbooks=("consulting", "four-steps"),
    ),
)  # fmt: skip

SMALL_HOUSE = replace(HOUSES[0], customers=HOUSES[0].customers[5:6], playbooks=("four-steps",))
"""The first house with one customer: what the check of the main job needs."""
