<?php
// What tests say.

function same( $expected, $actual, string $about = '' ): void {
	if ( $expected !== $actual ) {
		throw new Exception( trim( $about . ' expected ' . var_export( $expected, true ) . ', got ' . var_export( $actual, true ) ) );
	}
}

function yes( bool $condition, string $about = '' ): void {
	same( true, $condition, $about );
}

function no( bool $condition, string $about = '' ): void {
	same( false, $condition, $about );
}
