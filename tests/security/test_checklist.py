"""Each line of the security checklist that concerns what exists, and the tests that prove it.

A test that is renamed or removed takes its line's proof away: then this file fails, until the proof is named again.
Lines on what does not exist yet (payments, webhooks, imports, exports) come with it.
"""

import ast
from functools import cache

import pytest

from marketplace.settings import ROOT

# line → what it promises, in short → where it is proved (below tests/, without the parameters)
PROOFS: dict[str, tuple[str, list[str]]] = {
    "A1": ("passwords of 12 to 128 characters, anything allowed, Argon2id, rehashed", [
        "accounts/test_passwords.py::test_what_is_refused_and_why",
        "accounts/test_passwords.py::test_any_text_gets_an_answer",
        "accounts/test_passwords.py::test_what_a_password_manager_draws_is_taken",
        "accounts/test_passwords.py::test_kept_as_argon2id_at_the_strength_of_owasp",
        "accounts/test_passwords.py::test_weaker_parameters_are_noticed",
        "accounts/test_views_sign_in.py::test_weaker_hashes_are_made_anew_at_sign_in",
        "accounts/test_views_sign_in.py::test_the_page_has_what_a_password_manager_looks_for",
        "security/test_takeovers.py::test_a_long_row_of_accents_costs_a_visitor_s_request_nothing_more",
    ]),
    "A2": ("common ones, the address and our names refused", [
        "accounts/test_passwords.py::test_the_list_is_long_and_catches_what_is_tried_first",
        "accounts/test_passwords.py::test_what_is_refused_and_why",
        "accounts/test_passwords.py::test_a_hostile_password_is_judged_quickly",
        "accounts/test_views_sign_up.py::test_a_new_password_is_not_the_name_of_ones_organisation",
    ]),
    "A3": ("a second factor for all, asked at the act; a code works once; recovery codes; passkeys", [
        "accounts/test_second_factor.py::test_a_code_is_taken_for_its_half_minute_and_those_beside_it",
        "accounts/test_second_factor.py::test_a_code_works_once",
        "accounts/test_second_factor.py::test_a_code_given_twice_at_once_works_once",
        "accounts/test_second_factor.py::test_a_recovery_code_given_twice_at_once_works_once",
        "accounts/test_second_factor.py::test_recovery_codes_are_long_unlike_and_hashed",
        "accounts/test_second_factor.py::test_the_password_alone_opens_nothing",
        "accounts/test_second_factor.py::test_from_nothing_to_in_place_and_away",
        "accounts/test_second_factor.py::test_a_moderator_without_one_is_led_to_put_it_in_place",
        "accounts/test_second_factor.py::test_a_moderator_gives_a_code_at_the_act",
        "accounts/test_second_factor.py::test_who_has_one_proves_with_it",
        "accounts/test_second_factor.py::test_a_recovery_code_proves_once",
        "accounts/test_commands.py::test_a_lost_second_factor_is_taken_away",
        "accounts/test_tokens.py::test_a_code_is_asked_at_the_act_from_whoever_makes_one",
        "accounts/test_tokens.py::test_without_a_second_factor_one_is_led_to_it",
        "accounts/test_passkeys.py::test_a_key_opens_the_account_as_both_factors",
        "accounts/test_passkeys.py::test_what_is_refused",
        "journeys/test_second_factor.py::test_a_phone_put_in_place_then_lost",
        "journeys/test_passkeys.py::test_a_key_made_used_and_taken_away",
    ]),
    "A4": ("links: long, hashed, once, an hour, void with the password; unverified neither publish nor write", [
        "accounts/test_reset.py::test_it_serves_once",
        "accounts/test_reset.py::test_from_a_forgotten_password_to_a_new_one",
        "accounts/test_reset.py::test_it_is_void_once_the_password_changed_otherwise",
        "accounts/test_reset.py::test_looking_at_the_link_does_not_spend_it",
        "accounts/test_reset.py::test_one_persons_link_does_nothing_for_another",
        "accounts/test_services.py::test_no_row_holds_the_secret_of_a_link",
        "accounts/test_services.py::test_an_old_link_and_one_for_something_else_are_dead",
        "accounts/test_services.py::test_a_link_used_twice_at_once_serves_once",
        "accounts/test_permissions.py::test_an_unverified_address",
        "security/test_takeovers.py::test_a_change_of_address_begun_by_somebody_else_ends_with_their_password",
        "accounts/test_second_factor.py::test_a_reset_does_not_skip_it",
    ]),
    "A5": ("known and unknown addresses get one answer", [
        "accounts/test_enumeration.py::test_the_answer_is_the_same",
        "accounts/test_enumeration.py::test_only_the_mailbox_tells_the_difference",
        "accounts/test_enumeration.py::test_signing_in_takes_the_same_time",
        "accounts/test_passwords.py::test_an_unknown_account_costs_the_same_call",
        "accounts/test_memberships.py::test_known_and_unknown_addresses_look_alike",
    ]),
    "A6": ("limits, and the owner is never shut out for good", [
        "accounts/test_limits.py::test_ten_refusals_for_one_account_from_anywhere",
        "accounts/test_limits.py::test_ten_refusals_from_one_address_for_any_accounts",
        "accounts/test_limits.py::test_whoever_guesses_does_not_shut_the_owner_out",
        "accounts/test_limits.py::test_the_door_opens_again_by_itself",
        "accounts/test_limits.py::test_five_links_of_reset_a_day",
        "accounts/test_limits.py::test_sign_up_by_address",
        "accounts/test_limits.py::test_a_stolen_session_cannot_guess_the_password_for_long",
        "api/test_shell.py::test_limits_answer_429_with_the_time_to_wait",
        "exchanges/test_views.py::test_ten_wrong_codes_answer_429_with_the_time_to_wait",
        "exchanges/test_services.py::test_ten_wrong_codes_pause_and_the_pause_ends",
        "security/test_records.py::test_each_costly_act_has_its_limit",
        "security/test_takeovers.py::test_a_photo_form_is_limited_however_it_is_sent",
        "accounts/test_second_factor.py::test_five_wrong_codes_in_five_minutes",
        "accounts/test_limits.py::test_twenty_codes_an_hour",
        "accounts/test_limits.py::test_keys_of_nobody_are_limited_by_address",
        "web/test_waiting.py::test_the_page_says_how_long",
    ]),
    "A7": ("sessions: new at sign-in, kept by us, ended everywhere when they must", [
        "accounts/test_sessions.py::test_signing_in_leaves_nothing_of_the_cookie_of_before",
        "accounts/test_sessions.py::test_each_sign_in_has_its_own_secret_and_ends_the_last_one",
        "accounts/test_sessions.py::test_a_cookie_kept_from_before_signing_out_opens_nothing",
        "accounts/test_sessions.py::test_changing_the_password_ends_every_other_session",
        "accounts/test_sessions.py::test_idle_and_absolute_ends",
        "accounts/test_services.py::test_a_closed_account_has_no_session_no_link_and_no_way_in",
        "accounts/test_services.py::test_a_closed_account_is_shut_whatever_became_of_its_sessions",
        "accounts/test_commands.py::test_an_account_is_closed_with_its_reason_and_opened_again",
        "accounts/test_memberships.py::test_who_is_removed_is_out_at_the_next_request",
        "security/test_takeovers.py::test_signed_in_everywhere_is_listed_and_ended",
        "accounts/test_browsers.py::test_one_is_signed_out_by_its_person_alone",
        "accounts/test_browsers.py::test_everywhere_is_here_too",
        "accounts/test_browsers.py::test_a_new_browser_is_told_once",
    ]),
    "A8": ("the password again before address, tokens, owner; the old address is told", [
        "accounts/test_views_sign_up.py::test_changing_address_asks_for_the_password_and_the_new_address",
        "accounts/test_services.py::test_an_address_changes_only_when_the_new_one_answers",
        "accounts/test_tokens.py::test_revoking_needs_proof_too_but_only_of_what_one_has",
        "accounts/test_second_factor.py::test_who_has_one_proves_with_it",
        "accounts/test_views_organisations.py::test_owners_change_only_with_the_password",
        "accounts/test_second_factor.py::test_proof_is_asked_before_the_page",
        "accounts/test_views_sign_up.py::test_a_new_password_needs_the_old_one_and_waits_in_no_page",
    ]),
    "A9": ("cookies for us alone; no secret or address in logs", [
        "accounts/test_sessions.py::test_the_cookie_is_for_us_alone",
        "accounts/test_views_sign_up.py::test_no_address_of_a_page_holds_what_people_typed",
        "security/test_takeovers.py::test_what_opens_a_door_is_in_no_table_and_no_line_of_the_log",
        "security/test_takeovers.py::test_a_failed_statement_is_logged_without_what_it_carried",
        "accounts/test_views_sign_in.py::test_the_refusal_is_told_in_the_log_without_what_was_typed",
        "accounts/test_browsers.py::test_its_cookie_is_for_us_alone",
    ]),
    "B1": ("forged requests write nothing, reading never acts", [
        "web/test_csrf.py::test_without_a_wrong_or_anothers_token_nothing_is_written",
        "web/test_csrf.py::test_from_another_site_even_a_right_token_does_nothing",
        "web/test_csrf.py::test_visitors_forms_are_guarded_too",
        "web/test_csrf.py::test_every_address_that_takes_forms_asks_for_the_token",
        "web/test_csrf.py::test_a_look_is_kept_in_an_account_only_with_its_token",
        "web/test_csrf.py::test_a_token_of_before_signing_in_is_worth_nothing_after",
        "web/test_csrf.py::test_no_page_address_writes_when_read",
        "security/test_records.py::test_looking_changes_nothing",
        "security/test_takeovers.py::test_on_https_a_form_sent_from_http_is_another_site_s",
    ]),
    "B2": ("one strict policy on every answer, nothing inline", [
        "web/test_headers.py::test_every_answer_has_them",
        "web/test_headers.py::test_a_failure_nobody_foresaw_has_them_and_tells_nothing",
        "web/test_headers.py::test_pages_hold_nothing_inline_and_nothing_from_elsewhere",
        "web/test_static.py::test_pages_hold_nothing_inline",
    ]),
    "B3": ("nosniff, HSTS, nothing from elsewhere, private pages kept by nobody", [
        "web/test_headers.py::test_private_pages_are_kept_by_nobody",
        "web/test_headers.py::test_every_answer_has_them",
        "web/test_headers.py::test_https_is_asked_to_be_kept_for_a_year",
        "web/test_headers.py::test_pages_hold_nothing_inline_and_nothing_from_elsewhere",
        "api/test_shell.py::test_private_answers_are_not_kept_by_caches",
        "security/test_takeovers.py::test_private_things_are_kept_by_no_cache",
    ]),
    "B4": ("return addresses, host names, proxies, links of mails", [
        "web/test_next_addresses.py::test_everything_else_is_refused",
        "web/test_next_addresses.py::test_what_passes_never_leaves_the_site",
        "accounts/test_views_sign_in.py::test_it_leads_back_to_a_page_of_ours_only",
        "web/test_hosts.py::test_any_other_name_is_refused",
        "web/test_hosts.py::test_nobodys_word_is_taken_for_the_name_or_the_address",
        "web/test_hosts.py::test_a_declared_proxy_is_believed_one_step_back",
        "accounts/test_reset.py::test_mail_links_come_from_the_settings_not_from_the_request",
        "security/test_takeovers.py::test_an_error_page_leads_back_to_our_own_pages_only",
        "accounts/test_second_factor.py::test_proof_leads_to_our_own_pages_only",
    ]),
    "B5": ("what people write is text everywhere", [
        "security/test_bad_inputs.py::test_what_people_write_is_shown_and_never_run",
        "security/test_bad_inputs.py::test_a_hidden_reason_is_text_too",
        "exchanges/test_papers.py::test_what_users_wrote_is_text_in_it",
        "security/test_takeovers.py::test_addresses_that_people_type_are_never_opened",
    ]),
    "B6": ("bad input is refused and never our failure", [
        "security/test_bad_inputs.py::test_no_rubbish_makes_a_failure_of_ours",
        "api/test_shell.py::test_hostile_bodies",
        "api/test_shell.py::test_hostile_addresses",
        "api/test_shell.py::test_a_fault_of_ours_says_nothing_of_itself",
        "api/test_schemathesis.py::test_without_a_token",
        "exchanges/test_hostile.py::test_texts_no_database_can_keep",
        "web/test_errors.py::test_every_status_says_what_and_what_now",
        "web/test_errors.py::test_unforeseen_failures_are_500_and_say_nothing_of_the_inside",
    ]),
    "C1": ("another house's thing is as one that does not exist", [
        "security/test_strangers.py::test_every_address_that_names_something_is_tried",
        "security/test_strangers.py::test_what_is_not_ones_own_is_as_what_does_not_exist",
        "security/test_strangers.py::test_lists_searches_and_public_pages_say_nothing_private",
        "security/test_strangers.py::test_the_walk_would_notice",
        "security/test_takeovers.py::test_an_invitation_of_another_house_is_not_told_from_none",
        "search/test_views.py::test_a_stranger_sees_neither_the_listing_nor_its_count",
        "api/test_exchanges.py::test_to_a_stranger_it_does_not_exist",
    ]),
    "C2": ("roles × acts × states as data, each cell tested, each route declares", [
        "accounts/test_permissions.py::test_the_table_is_whole",
        "accounts/test_permissions.py::test_each_cell",
        "exchanges/test_states.py::test_a_row_of_the_table",
        "house/test_routes.py::test_each_route_states_who_may_enter",
        "security/test_strangers.py::test_people_who_read_some_of_it_write_nothing_and_learn_no_more",
    ]),
    "C3": ("fields one may not see yet, fields one may not send", [
        "reclaims/test_pages.py::test_the_street_and_the_contact_are_for_the_one_who_comes",
        "reclaims/test_pages.py::test_offers_side_by_side_in_words_and_seen_by_the_asker_alone",
        "reclaims/test_told.py::test_the_address_is_not_shown_any_more_once_the_collection_is_cancelled",
        "exchanges/test_views.py::test_the_address_and_phones_come_with_the_acceptance_the_code_for_the_receiver_alone",
        "catalogue/test_views.py::test_the_page_says_what_where_when_and_never_the_address",
        "accounts/test_views_organisations.py::test_the_public_page_keeps_the_street_and_the_telephone",
        "catalogue/test_views.py::test_protected_fields_are_not_taken_from_a_form",
        "accounts/test_views_sign_up.py::test_protected_fields_sent_by_a_client_change_nothing",
        "security/test_takeovers.py::test_forms_cannot_say_whose_a_thing_is_nor_in_which_state",
        "security/test_takeovers.py::test_a_bulk_act_with_one_strange_listing_does_nothing_at_all",
        "security/test_takeovers.py::test_a_moderator_reads_what_was_shown_and_never_what_a_house_keeps",
    ]),
    "C4": ("names of 65 random bits; access ends at the next request; invitations; the last owner", [
        "security/test_records.py::test_names_people_see_cannot_be_guessed",
        "security/test_records.py::test_a_demoted_member_s_token_ends_with_the_right_to_hold_it",
        "security/test_takeovers.py::test_a_page_does_not_change_hands_when_its_person_leaves",
        "security/test_takeovers.py::test_a_link_opened_twice_at_once_lets_in_once",
        "accounts/test_memberships.py::test_an_invitation_works_once_for_its_address",
        "accounts/test_memberships.py::test_an_invitation_lasts_seven_days",
        "accounts/test_memberships.py::test_the_last_owner_stays",
        "accounts/test_memberships.py::test_two_owners_at_once_leave_one",
        "accounts/test_memberships.py::test_tokens_go_with_the_right_to_hold_them",
    ]),
    "C5": ("state machines: no step skipped, repeated or taken by the wrong side; stale pages; double clicks", [
        "concurrency/test_reclaims.py::test_two_managers_choose_two_offers_at_once",
        "reclaims/test_calls.py::test_a_second_choice_is_refused_by_the_service_and_by_the_database",
        "exchanges/test_states.py::test_a_row_of_the_table",
        "exchanges/test_services.py::test_moves_of_the_other_side_are_refused",
        "exchanges/test_services.py::test_own_moves_of_the_product_cannot_be_sent",
        "exchanges/test_services.py::test_quantities_that_make_no_sense_are_refused",
        "exchanges/test_services.py::test_an_old_page_is_refused_with_the_present_state",
        "exchanges/test_services.py::test_a_moderator_ends_a_dispute_and_not_their_own",
        "exchanges/test_views.py::test_a_double_click_asks_once",
        "catalogue/test_views.py::test_an_old_page_loses_nothing_of_what_was_typed",
        "security/test_takeovers.py::test_published_twice_at_once_is_published_once",
    ]),
    "D1": ("photos: name, signature and decoding agree, within limits read before decoding", [
        "catalogue/test_photos.py::test_refused_at_the_door",
        "catalogue/test_photos.py::test_refused_by_the_decoder",
        "catalogue/test_photos.py::test_of_an_animation_the_first_frame_stays",
        "catalogue/test_photos.py::test_the_decoder_refuses_by_itself_what_the_door_let_through",
    ]),
    "D2": ("nothing of the original but the picture", [
        "catalogue/test_photos.py::test_nothing_of_the_original_s_metadata_or_tail_is_served",
        "catalogue/test_photos.py::test_the_orientation_is_applied",
    ]),
    "D3": ("names of ours, outside the web, private files by permission, a quota", [
        "catalogue/test_views.py::test_another_photo_is_its_organisation_s_alone",
        "catalogue/test_views.py::test_no_other_file_is_served",
        "catalogue/test_views.py::test_a_quota_for_each_organisation",
        "security/test_takeovers.py::test_no_address_climbs_out",
        "security/test_takeovers.py::test_private_things_are_kept_by_no_cache",
    ]),
    "D4": ("a bomb costs little", [
        "catalogue/test_photos.py::test_a_bomb_costs_little",
        "catalogue/test_views.py::test_a_stranger_s_large_form_is_not_even_read",
    ]),
    "D6": ("papers fetch nothing that people named", [
        "exchanges/test_papers.py::test_nothing_is_fetched_but_our_own_files",
        "exchanges/test_papers.py::test_a_path_that_climbs_out_is_refused",
    ]),
    "E4": ("tokens: prefix, hashed, scoped, of one house, ending; a cookie is none", [
        "accounts/test_tokens.py::test_a_token_speaks_for_its_holder_in_its_organisation",
        "accounts/test_tokens.py::test_what_ends_a_token",
        "accounts/test_tokens.py::test_shown_once_then_listed_and_revoked",
        "accounts/test_tokens.py::test_last_use_is_written_apart_and_at_most_every_five_minutes",
        "api/test_shell.py::test_a_signed_in_browser_has_no_token",
        "api/test_shell.py::test_a_scope_that_does_not_reach_403",
        "api/test_shell.py::test_a_token_ends_when_it_expires_or_is_revoked_or_its_holder_leaves",
    ]),
    "F1": ("an insert-only log of who did what, without secrets, its owners read theirs", [
        "core/test_guards.py::test_the_audit_log_only_grows",
        "house/test_guards.py::test_ledger_moves_and_audit_only_grow",
        "security/test_records.py::test_what_matters_leaves_a_line_with_who_where_and_which_request",
        "security/test_records.py::test_acts_of_moderators_are_in_the_owners_journal_and_commands_too",
    ]),
    "F2": ("the ledger: refused by the database, reversed, chained, verified", [
        "carbon/test_ledger.py::test_the_database_itself_refuses_changes",
        "carbon/test_ledger.py::test_a_reversal_is_the_stored_figure_with_its_sign_changed",
        "carbon/test_ledger.py::test_the_chain_is_recomputed_by_the_method_itself",
        "carbon/test_ledger.py::test_whoever_tampers_is_found_out",
        "carbon/test_ledger.py::test_a_forged_text_with_its_own_hash_breaks_on_the_method",
    ]),
    "R1": ("no double booking", [
        "concurrency/test_stock.py::test_two_hundred_requests_for_what_is_left_grant_exactly_that",
        "concurrency/test_stock.py::test_quantities_that_do_not_divide_the_stock",
        "core/test_guards.py::test_six_flats_cannot_be_promised_seven_times",
    ]),
    "R5": ("migrations lose nothing", [
        "house/test_migrations.py::test_each_migration_up_down_up_keeps_guards_and_rows",
        "house/test_migrations.py::test_models_match_migrations",
    ]),
    "R12": ("health, without details", [
        "ops/test_views.py::test_the_process_answers",
        "ops/test_views.py::test_a_fresh_instance_is_ready",
        "ops/test_views.py::test_a_queue_nobody_drains_is_not_ready",
        "ops/test_views.py::test_a_schema_of_another_release_is_not_ready",
    ]),
}  # fmt: skip
REQUIRED = [
    *(f"A{n}" for n in range(1, 10)), *(f"B{n}" for n in range(1, 7)), *(f"C{n}" for n in range(1, 6)),
    *(f"D{n}" for n in range(1, 5)), "E4", "F1", "F2", "R1", "R5", "R12",
]  # fmt: skip


@cache
def _tests_in(file: str) -> dict[str, ast.FunctionDef]:
    path = ROOT / "tests" / file
    tree = ast.parse(path.read_text("utf-8")) if path.exists() else ast.Module([], [])
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def _fault(node_id: str) -> str | None:
    """Why this is no proof, None when it is one."""
    file, _colons, name = node_id.partition("::")
    function = _tests_in(file).get(name)
    if function is None:
        return f"{node_id} does not exist (any more)"
    marks = [ast.unparse(mark) for mark in function.decorator_list]
    if any(word in mark for mark in marks for word in ("xfail", "mark.skip(", "mark.skip)")):
        return f"{node_id} is not run"
    if not any(isinstance(node, ast.Assert | ast.Call) for node in ast.walk(function)):
        return f"{node_id} proves nothing"
    return None


@pytest.mark.parametrize("line", PROOFS)
def test_each_line_has_its_proof(line):
    faults = [fault for fault in map(_fault, PROOFS[line][1]) if fault]
    assert not faults, f"{line} ({PROOFS[line][0]}): " + "; ".join(faults)


def test_no_line_is_left_out():
    assert [line for line in REQUIRED if not PROOFS.get(line, ("", []))[1]] == []


def test_a_lost_proof_is_noticed():
    assert _fault("house/test_routes.py::test_that_nobody_wrote")
    assert _fault("nowhere/test_nothing.py::test_x")
