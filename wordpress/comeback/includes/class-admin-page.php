<?php
/**
 * Comeback's page in wp-admin.
 *
 * @package Comeback
 */

namespace Comeback;

defined( 'ABSPATH' ) || exit;

/**
 * Not connected: a card that leads to Comeback. Connected: Comeback itself in a frame, and a few lines about the connection.
 */
final class Admin_Page {

	/**
	 * Show the page.
	 */
	public static function show(): void {
		if ( ! current_user_can( Admin::MAY ) ) {
			return;
		}
		echo '<div class="wrap comeback"><h1>Comeback</h1>';
		self::show_said();
		if ( self::has_frame() ) {
			self::show_frame();
		} else {
			self::show_card();
		}
		$connection = Connection::current();
		if ( null !== $connection ) {
			self::show_details( $connection );
		}
		echo '</div>';
	}

	/**
	 * Whether Comeback can be shown in its frame.
	 *
	 * @return bool
	 */
	public static function has_frame(): bool {
		return null !== Connection::current() && ! in_array( Connection::trouble(), array( 'moved', 'unknown_shop' ), true );
	}

	/**
	 * What the last button did.
	 */
	private static function show_said(): void {
		$words = array(
			'saved'        => array( 'success', __( 'Saved.', 'comeback' ) ),
			'disconnected' => array( 'success', __( 'This store is disconnected. Comeback is being told.', 'comeback' ) ),
			'bad_address'  => array( 'error', __( 'That is not an address that Comeback can have. It begins with https:// and has no question mark.', 'comeback' ) ),
		);
		// phpcs:ignore WordPress.Security.NonceVerification.Recommended -- only chooses one of the sentences above.
		$said = isset( $_GET['comeback_said'] ) ? sanitize_key( $_GET['comeback_said'] ) : '';
		if ( isset( $words[ $said ] ) ) {
			Admin::notice( $words[ $said ][0], $words[ $said ][1], '' );
		}
	}

	/**
	 * The card that leads to Comeback.
	 */
	private static function show_card(): void {
		?>
		<div class="comeback-card">
			<h2><?php esc_html_e( 'Connect this store', 'comeback' ); ?></h2>
			<p>
				<?php esc_html_e( 'Comeback reminds shoppers by text message of the cart they left, if they agreed to it at checkout.', 'comeback' ); ?>
				<?php esc_html_e( 'The button leads to your Comeback, which asks this store for access; you approve it here.', 'comeback' ); ?>
				<?php esc_html_e( 'Before that, no box is shown at checkout and nothing is sent.', 'comeback' ); ?>
			</p>
			<form method="post" action="<?php echo esc_url( admin_url( 'admin-post.php' ) ); ?>">
				<input type="hidden" name="action" value="comeback_connect">
				<?php wp_nonce_field( 'comeback_connect' ); ?>
				<label for="comeback-address"><?php esc_html_e( 'Address of your Comeback', 'comeback' ); ?></label>
				<div class="comeback-row">
					<input type="url" id="comeback-address" name="comeback_address" required placeholder="https://comeback.example" value="<?php echo esc_attr( Admin_Actions::address() ); ?>">
					<button type="submit" class="button button-primary"><?php esc_html_e( 'Connect', 'comeback' ); ?></button>
				</div>
			</form>
		</div>
		<?php
	}

	/**
	 * The frame. The script gives it its address, which holds a token of one minute.
	 */
	private static function show_frame(): void {
		?>
		<p id="comeback-failed" class="notice notice-error inline" role="alert" hidden><?php esc_html_e( 'Comeback could not be opened. Load this page again; if that does not help, connect the store again.', 'comeback' ); ?></p>
		<noscript><p><?php esc_html_e( 'Comeback needs JavaScript here.', 'comeback' ); ?></p></noscript>
		<iframe id="comeback-frame" class="comeback-frame" title="Comeback" sandbox="allow-scripts allow-forms allow-same-origin allow-popups" referrerpolicy="no-referrer"></iframe>
		<?php
	}

	/**
	 * A few lines about the connection.
	 *
	 * @param array $connection Connection.
	 */
	private static function show_details( array $connection ): void {
		$waiting = Sender::waiting();
		/* translators: %s: number of messages */
		$words = sprintf( _n( '%s message waits to be sent', '%s messages wait to be sent', $waiting, 'comeback' ), number_format_i18n( $waiting ) );
		?>
		<div class="comeback-details">
			<p>
				<?php
				/* translators: %s: address of Comeback */
				echo esc_html( sprintf( __( 'Connected to %s', 'comeback' ), $connection['comeback_url'] ) );
				?>
				<span aria-hidden="true">·</span> <?php echo esc_html( $words ); ?>
				<span aria-hidden="true">·</span> <?php echo esc_html( '' === Connection::trouble() ? __( 'all is well', 'comeback' ) : __( 'something is wrong, see above', 'comeback' ) ); ?>
			</p>
			<?php self::show_settings(); ?>
			<form method="post" action="<?php echo esc_url( admin_url( 'admin-post.php' ) ); ?>">
				<input type="hidden" name="action" value="comeback_disconnect">
				<?php wp_nonce_field( 'comeback_disconnect' ); ?>
				<button type="submit" class="button-link button-link-delete"><?php esc_html_e( 'Disconnect this store', 'comeback' ); ?></button>
			</form>
		</div>
		<?php
	}

	/**
	 * The one setting.
	 */
	private static function show_settings(): void {
		$now = Core_Email::is_on() ? __( 'It is switched on in this store.', 'comeback' ) : __( 'It is switched off in this store at the moment.', 'comeback' );
		?>
		<form method="post" action="<?php echo esc_url( admin_url( 'admin-post.php' ) ); ?>">
			<input type="hidden" name="action" value="comeback_settings">
			<?php wp_nonce_field( 'comeback_settings' ); ?>
			<label>
				<input type="checkbox" name="comeback_suppress" value="1" <?php checked( Core_Email::wanted() ); ?>>
				<?php esc_html_e( 'WooCommerce’s own abandoned cart e-mail stands down while this store is connected.', 'comeback' ); ?>
			</label>
			<span class="description"><?php echo esc_html( $now ); ?></span>
			<button type="submit" class="button"><?php esc_html_e( 'Save', 'comeback' ); ?></button>
		</form>
		<?php
	}
}
