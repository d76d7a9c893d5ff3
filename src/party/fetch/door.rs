//! The way to the service: its address, the key that it must have, and ours.

use tokio::net::lookup_host;

use russh::keys::known_hosts::known_host_keys_path;

use crate::fault::Fault;
use crate::sftp::client::Client;

use super::super::Trouble;
use super::Order;

/// Connects and logs in. The server must have a key that stands in `known_hosts`; none is taken on trust.
pub(super) async fn connect(order: &Order<'_>) -> Result<Client, Trouble> {
    let server = order.server;
    let name = server.host_key_alias.as_deref().unwrap_or(&server.host);
    // An alias stands there without a port, as ssh has it.
    let port = match server.host_key_alias {
        Some(_) => 22,
        None => server.port,
    };
    let known = known_host_keys_path(name, port, &server.known_hosts).map_err(|e| {
        Trouble::Usage(format!(
            "{}: it is no known_hosts file: {e}",
            server.known_hosts.display()
        ))
    })?;
    let key = known.into_iter().next().map(|(_, key)| key.to_openssh());
    let Some(Ok(key)) = key else {
        return Err(Trouble::Usage(format!(
            "{}: no key of {name}; get the server's key from the operator",
            server.known_hosts.display()
        )));
    };
    let doing = "find the server";
    let failed = |problem: String| Fault::Network { doing, problem };
    let mut addresses = lookup_host((server.host.as_str(), server.port))
        .await
        .map_err(|e| failed(format!("{}: {e}", server.host)))?;
    let address = addresses
        .next()
        .ok_or_else(|| failed(format!("{} has no address", server.host)))?;
    Ok(Client::connect(address, order.party.as_str(), order.login, &key).await?)
}
