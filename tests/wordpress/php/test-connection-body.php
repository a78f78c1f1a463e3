<?php

use Comeback\Connection_Body;

function a_body( array $changes = array() ): array {
	return array_merge(
		array(
			'protocol'     => 1,
			'comeback_url' => 'https://comeback.example/',
			'shop_key'     => '3EihuucfsnGi',
			'secret'       => str_repeat( 's', 43 ),
			'wordings'     => array( array( 'locale' => 'en', 'version' => 3, 'text' => 'I agree to get texts …' ) ),
		),
		$changes
	);
}

function wrong( array $changes, string $home = 'https://shop.example' ): string {
	return Connection_Body::read( a_body( $changes ), $home )['wrong'];
}

function test_a_whole_body_is_kept_as_it_came_without_what_is_unknown() {
	$read = Connection_Body::read( a_body( array( 'more' => 'x' ) ), 'https://shop.example' );
	same( '', $read['wrong'] );
	same( array( 'comeback_url', 'shop_key', 'secret', 'store', 'wordings' ), array_keys( $read['connection'] ) );
	same( 'https://comeback.example', $read['connection']['comeback_url'] );
	same( 'I agree to get texts …', $read['connection']['wordings'][0]['text'] );
}

function test_a_body_that_is_not_whole_names_its_field_and_keeps_nothing() {
	$cases = array(
		'protocol'     => array( 0, 2, '1', null ),
		'comeback_url' => array( null, '', 'comeback.example', 'ftp://comeback.example', 'https://u:p@comeback.example', 'https://comeback.example/?a=b', "https://comeback.example\n", 'http://comeback.example', array() ),
		'shop_key'     => array( null, '', 'a/b', '../..', 7, str_repeat( 'a', 65 ) ),
		'secret'       => array( null, '', str_repeat( 's', 42 ), str_repeat( 's', 44 ), str_repeat( '+', 43 ) ),
		'wordings'     => array( null, 'x', array( 'a' => 1 ), array( 1 ), array( array() ), array( array( 'locale' => 'en', 'version' => '3', 'text' => 'x' ) ), array( array( 'locale' => 'en', 'version' => 1, 'text' => ' ' ) ), array( array( 'locale' => '<b>', 'version' => 1, 'text' => 'x' ) ) ),
	);
	foreach ( $cases as $field => $values ) {
		foreach ( $values as $value ) {
			$read = Connection_Body::read( a_body( array( $field => $value ) ), 'https://shop.example' );
			same( 0, strpos( $read['wrong'], $field ), $field . ' ' . var_export( $value, true ) . ' ' . $read['wrong'] );
			same( array(), $read['connection'] );
		}
	}
	same( 0, strpos( Connection_Body::read( array(), 'https://shop.example' )['wrong'], 'protocol' ) );
}

function test_a_store_without_https_may_talk_to_a_comeback_without_https() {
	same( '', wrong( array( 'comeback_url' => 'http://127.0.0.1:8000' ), 'http://127.0.0.1:8088' ) );
}

function test_no_wording_is_a_wording_for_nobody_and_allowed() {
	same( '', wrong( array( 'wordings' => array() ) ) );
}

function test_no_sentence_repeats_the_secret() {
	same( false, strpos( wrong( array( 'secret' => 'do-not-say-this' ) ), 'do-not-say-this' ) );
}
