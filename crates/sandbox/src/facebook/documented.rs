//! The names that Meta's documents know: parameters of calls and fields of objects.
//!
//! From the specifications of v25.0 (2026-04-15) with the changes that v26.0 made to
//! publishing (SDK 26.0.3, facts of 2026-11-23). Names stand in one text each, with blanks
//! between; most of them mean nothing here and are kept beside what is published.

/// Parameters of `POST /{page}/feed`; v26.0 changed none.
pub(super) const FEED: &str = "actions album_id android_key_hash application_id asked_fun_fact_prompt_id asset3d_id associated_id \
    attach_place_suggestion attached_media audience_exp backdated_time backdated_time_granularity breaking_news \
    breaking_news_expiration call_to_action caption child_attachments client_mutation_id composer_entry_picker \
    composer_entry_point composer_entry_time composer_session_events_log composer_session_id \
    composer_source_surface composer_type connection_class content_attachment coordinates cta_link cta_type \
    description direct_share_status enforce_link_ownership expanded_height expanded_width feed_targeting \
    formatting fun_fact_prompt_id fun_fact_toastee_id height home_checkin_city_id image_crops implicit_with_tags \
    instant_game_entry_point_data ios_bundle_id is_backout_draft is_boost_intended is_explicit_location \
    is_explicit_share is_group_linking_post is_photo_container link location_source_id manual_privacy message \
    multi_share_end_card multi_share_optimized name nectar_module object_attachment og_action_type_id \
    og_hide_object_attachment og_icon_id og_object_id og_phrase og_set_profile_badge og_suggestion_mechanism \
    page_recommendation picture place place_attachment_setting place_list place_list_data \
    post_surfaces_blacklist posting_to_redspace privacy prompt_id prompt_tracking_string properties \
    proxied_app_id publish_event_id published quote ref referenceable_image_ids referral_id \
    scheduled_publish_time source sponsor_id sponsor_relationship suggested_place_id tags target_surface \
    targeting text_format_metadata text_format_preset_id text_only_place thumbnail time_since_original_post \
    title tracking_info unpublished_content_type user_selected_tags video_start_time_ms viewer_coordinates width";

/// Parameters of `POST /{page}/photos`: v26.0 took `provenance_info` out and put `composer_entry_point` in; the
/// specification leaves `source` out, which is the file of a form.
pub(super) const PHOTOS: &str = "aid allow_spherical_photo alt_text_custom android_key_hash application_id attempt audience_exp \
    backdated_time backdated_time_granularity caption composer_entry_point composer_session_id \
    direct_share_status feed_targeting filter_type full_res_is_coming_later \
    initial_view_heading_override_degrees initial_view_pitch_override_degrees \
    initial_view_vertical_fov_override_degrees ios_bundle_id is_explicit_location is_explicit_place \
    location_source_id manual_privacy message name nectar_module no_story offline_id og_action_type_id \
    og_icon_id og_object_id og_phrase og_set_profile_badge og_suggestion_mechanism parent_media_id place privacy \
    profile_id proxied_app_id published qn scheduled_publish_time source spherical_metadata sponsor_id \
    sponsor_relationship tags target_id targeting temporary time_since_original_post uid \
    unpublished_content_type url user_selected_tags vault_image_id";

/// Parameters of `POST /{page}/videos`; the last two came with v26.0.
pub(super) const VIDEOS: &str = "ad_breaks application_id asked_fun_fact_prompt_id audio_story_wave_animation_handle backdated_post \
    call_to_action composer_entry_picker composer_entry_point composer_entry_time composer_session_events_log \
    composer_session_id composer_source_surface composer_type container_type content_category content_tags \
    creative_tools crossposted_video_id custom_labels description direct_share_status edit_description_spec \
    embeddable end_offset expiration fbuploader_video_file_chunk feed_targeting file_size file_url \
    fisheye_video_cropped formatting fov front_z_rotation fun_fact_prompt_id fun_fact_toastee_id guide \
    guide_enabled initial_heading initial_pitch instant_game_entry_point_data is_boost_intended \
    is_explicit_share is_group_linking_post is_partnership_ad is_voice_clip location_source_id manual_privacy \
    multilingual_data no_story og_action_type_id og_icon_id og_object_id og_phrase og_suggestion_mechanism \
    original_fov original_projection_type partnership_ad_ad_code publish_event_id published reference_only \
    referenced_sticker_id replace_video_id scheduled_publish_time secret slideshow_spec social_actions source \
    source_instagram_media_id specified_dialect spherical sponsor_id sponsor_relationship start_offset swap_mode \
    targeting text_format_metadata thumb time_since_original_post title transcode_setting_properties \
    universal_video_id unpublished_content_type upload_phase upload_session_id upload_setting_properties \
    video_asset_id video_file_chunk video_id_original video_start_time_ms waterfall_id is_ai_generated \
    selected_audio_spec";

/// Parameters of `POST /{page}/video_reels` and `/video_stories`; the last one came with v26.0.
pub(super) const REELS: &str = "description feed_targeting place scheduled_publish_time targeting title upload_phase video_id video_state \
    is_ai_generated";

/// Parameters of a comment on a post, a photo, a video or a comment.
pub(super) const COMMENT: &str = "attachment_id attachment_share_url attachment_url comment comment_privacy_value facepile_mentioned_ids \
    feedback_source is_offline message nectar_module object_id parent_comment_id post_id text tracking";

/// Parameters of `POST /{post}`.
pub(super) const EDIT: &str = "attached_media backdated_time backdated_time_granularity composer_session_id direct_share_status \
    explicitly_added_mentionee_ids feed_story_visibility is_explicit_location is_hidden is_pinned is_published \
    message og_action_type_id og_hide_object_attachment og_icon_id og_object_id og_phrase og_set_profile_badge \
    og_suggestion_mechanism place privacy product_item scheduled_publish_time should_sync_product_edit \
    source_type sponsor_id sponsor_relationship tags text_format_preset_id timeline_visibility tracking";

/// Parameters of `POST /{video}`.
pub(super) const EDIT_VIDEO: &str = "ad_breaks allow_bm_crossposting allow_crossposting_for_pages backdated_time backdated_time_granularity \
    call_to_action content_category content_tags custom_labels description direct_share_status embeddable \
    expiration expire_now increment_play_count name preferred_thumbnail_id privacy publish_to_news_feed \
    publish_to_videos_tab published scheduled_publish_time social_actions sponsor_id sponsor_relationship tags \
    target universal_video_id";

/// Parameters of `POST /{comment}`.
pub(super) const EDIT_COMMENT: &str = "attachment_id attachment_share_url attachment_url is_hidden message";

/// Fields of a Page; the last one comes with `/me/accounts`.
pub(super) const PAGE_FIELDS: &str = "about access_token ad_campaign affiliation app_id artists_we_like attire available_promo_offer_ids awards \
    band_interests band_members best_page bio birthday booking_agent breaking_news_usage built business \
    can_checkin can_post category category_list checkins company_overview connected_instagram_account \
    connected_page_backed_instagram_account contact_address copyright_attribution_insights \
    copyright_whitelisted_ig_partners country_page_likes cover culinary_team current_location \
    delivery_and_pickup_option_info description description_html differently_open_offerings directed_by \
    display_subtext displayed_message_response_time does_viewer_have_page_permission_link_ig emails engagement \
    fan_count featured_video features followers_count food_styles founded general_info general_manager genre \
    global_brand_page_name global_brand_root_id has_added_app has_lead_access \
    has_transitioned_to_new_page_experience has_whatsapp_business_number has_whatsapp_number hometown hours id \
    impressum influences instagram_business_account is_always_open is_calling_eligible is_chain \
    is_community_page is_eligible_for_branded_content \
    is_eligible_for_disable_connect_ig_btn_for_non_page_admin_am_web is_messenger_bot_get_started_enabled \
    is_messenger_platform_bot is_owned is_permanently_closed is_published is_unclaimed is_verified \
    is_webhooks_subscribed keywords leadgen_tos_acceptance_time leadgen_tos_accepted leadgen_tos_accepting_user \
    link location members merchant_id merchant_review_status messaging_feature_status \
    messenger_ads_default_icebreakers messenger_ads_default_quick_replies messenger_ads_quick_replies_type \
    mini_shop_storefront mission mpg name name_with_location_descriptor network new_like_count offer_eligible \
    overall_star_rating owner_business page_token parent_page parking payment_options personal_info \
    personal_interests pharma_safety_info phone pickup_options place_type plot_outline preferred_audience \
    press_contact price_range priority_hours privacy_info_url produced_by products promotion_eligible \
    promotion_ineligible_reason public_transit rating_count recipient record_label release_date \
    restaurant_services restaurant_specialties schedule screenplay_by season single_line_address starring \
    start_info store_code store_location_descriptor store_number studio supports_donate_button_in_live_video \
    talking_about_count temporary_status unread_message_count unread_notif_count unseen_message_count \
    user_access_expire_time username verification_status voip_info website were_here_count whatsapp_number \
    written_by tasks";

/// Fields and edges of a post.
pub(super) const POST_FIELDS: &str = "actions admin_creator allowed_advertising_objectives application backdated_time call_to_action \
    can_reply_privately child_attachments comments_mirroring_domain coordinates created_time event \
    expanded_height expanded_width feed_targeting from full_picture height icon id instagram_eligibility \
    is_app_share is_eligible_for_dark_post is_eligible_for_promotion is_expired is_hidden is_inline_created \
    is_instagram_eligible is_popular is_published is_spherical message message_tags multi_share_end_card \
    multi_share_optimized parent_id permalink_url picture place privacy promotable_id promotion_status \
    properties scheduled_publish_time shares status_type story story_tags subscribed target targeting \
    timeline_visibility updated_time via video_buying_eligibility width attachments comments likes reactions";

/// Fields of a photo.
pub(super) const PHOTO_FIELDS: &str = "album alt_text alt_text_custom backdated_time backdated_time_granularity can_backdate can_delete can_tag \
    created_time event from height icon id images link name name_tags page_story_id picture place position \
    source target updated_time webp_images width";

/// Fields and edges of a video.
pub(super) const VIDEO_FIELDS: &str = "ad_breaks admin_creator audio_isrc backdated_time backdated_time_granularity boost_eligibility_info \
    content_category content_tags copyright copyright_check_information copyright_monitoring_status created_time \
    custom_labels description embed_html embeddable event expiration format from icon id is_crosspost_video \
    is_crossposting_eligible is_episode is_instagram_eligible is_reference_only length live_audience_count \
    live_status music_video_copyright permalink_url picture place post_id post_views premiere_living_room_status \
    privacy published scheduled_publish_time source spherical status title universal_video_id updated_time views \
    thumbnails";

/// Fields of a comment.
pub(super) const COMMENT_FIELDS: &str = "admin_creator application attachment can_comment can_hide can_like can_remove can_reply_privately \
    comment_count created_time from id is_hidden is_private like_count live_broadcast_timestamp message \
    message_tags object parent permalink_url private_reply_conversation user_likes";

/// Whether a text of names has this one.
pub(super) fn has(names: &str, name: &str) -> bool {
    names.split(' ').any(|known| known == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_whole_and_counted_as_the_documents_count_them() {
        assert!(has(FEED, "message") && !has(FEED, "mess") && !has(FEED, "caption_") && !has(FEED, ""));
        assert_eq!(FEED.split(' ').count(), 106);
        assert!(!has(PHOTOS, "provenance_info") && has(VIDEOS, "is_ai_generated") && has(PAGE_FIELDS, "tasks"));
    }
}
