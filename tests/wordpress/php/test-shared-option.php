<?php

use Comeback\Shared_Option;

function add_to( string $name, string $value, ?callable $meanwhile = null ): bool {
	return Shared_Option::change( $name, static function ( $held ) use ( $value, &$meanwhile ) {
		if ( $meanwhile ) {
			$meanwhile();
			$meanwhile = null;
		}
		return array_merge( array_filter( (array) $held ), array( $value ) );
	} );
}

function test_an_option_that_is_not_there_is_made() {
	same( null, Shared_Option::read( 'x' ) );
	yes( add_to( 'x', 'one' ) );
	same( array( 'one' ), Shared_Option::read( 'x' ) );
}

function test_of_two_changes_at_once_none_is_lost() {
	add_to( 'x', 'one' );
	yes( add_to( 'x', 'two', static function () {
		World::$options['x'][] = 'three';
	} ) );
	same( array( 'one', 'three', 'two' ), Shared_Option::read( 'x' ) );
}

function test_what_a_request_remembers_is_not_believed() {
	World::$options    = array( 'x' => 'now' );
	World::$remembered = array( 'x' => 'before' );
	same( 'now', Shared_Option::read( 'x' ) );
}
