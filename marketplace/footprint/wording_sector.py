"""What people read for the figures of the sector."""

from flask_babel import lazy_gettext as _l

GROUPS = {
    "sector": _l("Le secteur"),
    "france": _l("La France autour"),
    "shoots": _l("Ordres de grandeur d’un tournage"),
}

NAMES = {
    "av_fr_2018": _l("Audiovisuel français, émis en 2018"),
    "av_fr_2018_target": _l("Audiovisuel français, trajectoire SNBC2 en 2018"),
    "av_fr_2030_cut": _l("Baisse attendue du secteur d’ici 2030"),
    "fr_cut_2050_1990": _l("Baisse d’ici 2050, par rapport à 1990"),
    "av_fr_2010": _l("Audiovisuel français, bilan 2010"),
    "av_fr_2020_wide_rounded": _l("Audiovisuel français au sens large, arrondi"),
    "av_fr_2020_wide": _l("Audiovisuel français au sens large, chiffre exact"),
    "fr_emissions_2018": _l("Émissions de la France en 2018"),
    "snbc2_budget_2019_2023": _l("Budget SNBC2 2019-2023"),
    "snbc2_budget_2024_2028": _l("Budget SNBC2 2024-2028"),
    "snbc2_budget_2029_2033": _l("Budget SNBC2 2029-2033"),
    "fr_person": _l("Empreinte d’un habitant"),
    "av_hour_fr_2024": _l("Une heure de programme, tous genres"),
    "av_hour_tv_fr": _l("Une heure d’émission de télévision"),
    "av_feature_fr": _l("Un long métrage"),
    "av_split_transport": _l("Part des transports dans la fabrication d’un film"),
    "av_split_goods": _l("Part des achats de biens"),
    "av_split_food": _l("Part de l’alimentation des équipes"),
    "av_genset_share": _l("Part des groupes électrogènes dans le poste énergie"),
    "uk_hour_2023": _l("Royaume-Uni, une heure de contenu"),
    "uk_tentpole": _l("Royaume-Uni, une grosse production"),
    "uk_genset_2024": _l("Royaume-Uni, groupes électrogènes de tournage"),
    "cnc_obligation": _l("Bilans prévisionnel et définitif demandés par le CNC depuis le"),
}
NOTES = {
    "av_fr_2018": _l("De la production à la diffusion ; le périmètre n’a pas été lu dans l’étude elle-même."),
    "av_fr_2018_target": _l("Ce que le secteur aurait dû émettre en 2018 pour tenir la SNBC2."),
    "av_fr_2030_cut": _l("Baisse à atteindre en 2030."),
    "fr_cut_2050_1990": _l("Tel que présenté avec l’étude ; neutralité nationale en 2050."),
    "av_fr_2010": _l("Trajets des spectateurs et diffusion compris : un autre périmètre."),
    "av_fr_2020_wide_rounded": _l("Diffusion en ligne comprise : un autre périmètre."),
    "av_fr_2020_wide": _l("Seul l’arrondi a été lu."),
    "fr_emissions_2018": _l("Sur le territoire."),
    "snbc2_budget_2019_2023": _l("Moyenne par an, relevée de 398."),
    "snbc2_budget_2024_2028": _l("Moyenne par an."),
    "snbc2_budget_2029_2033": _l("De mémoire."),
    "av_hour_fr_2024": _l("Moyenne des bilans faits avec Carbon’Clap."),
    "av_hour_tv_fr": _l("Ordre de grandeur plus ancien."),
    "av_split_transport": _l("25e Micro Salon de l’AFC ; année non lue."),
    "av_split_goods": _l("25e Micro Salon de l’AFC ; année non lue."),
    "av_split_food": _l("25e Micro Salon de l’AFC ; année non lue."),
    "av_genset_share": _l("25e Micro Salon de l’AFC ; année non lue."),
    "uk_genset_2024": _l("Environ 3 millions de litres."),
    "cnc_obligation": _l("Condition des aides depuis le 1er janvier 2024."),
}
UNITS = {
    "tCO2e": _l("tCO2e"),
    "percent": _l("%"),
    "MtCO2e per year": _l("MtCO2e par an"),
    "MtCO2e": _l("MtCO2e"),
    "kgCO2e per year": _l("kgCO2e par an"),
    "tCO2e per hour": _l("tCO2e par heure"),
    "date": "",
}
