<?php

use Comeback\Connection;
use Comeback\Core_Email;

function test_woocommerce_s_own_email_stands_down_only_where_the_merchant_wants_it_and_comeback_is_there() {
	World::connected();
	no( Core_Email::suppress( false ) );
	Core_Email::choose( true );
	yes( Core_Email::suppress( false ) );
	Connection::forget();
	no( Core_Email::suppress( false ) );
	yes( Core_Email::suppress( true ), 'what another plugin decided stays' );
}

function test_a_copy_of_the_store_leaves_woocommerce_s_email_alone() {
	World::connected();
	Core_Email::choose( true );
	World::$options['home'] = 'https://staging.shop.example';
	no( Core_Email::suppress( false ) );
}

function test_a_store_that_comeback_forgot_gets_woocommerce_s_email_back() {
	World::connected();
	Core_Email::choose( true );
	Connection::stop();
	no( Core_Email::suppress( false ) );
}
