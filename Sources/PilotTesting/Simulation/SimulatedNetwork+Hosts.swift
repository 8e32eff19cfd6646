public import PilotWire

/// Who is where.
extension SimulatedNetwork {
  struct HostState: Sendable {
    var endpoint: Endpoint
    var nat: Int?
    var isOpen = true
    /// Hosts of different islands don't reach each other.
    var island = 0
  }

  /// An endpoint of the public network, or of the one behind a NAT.
  struct Place: Hashable, Sendable {
    let nat: Int?
    let endpoint: Endpoint
  }

  /// Adds a host.
  ///
  /// - Parameters:
  ///   - endpoint: Where it receives. Behind a NAT this is its private endpoint, which can be taken behind others, too. Who
  ///     was there before is there no more.
  ///   - nat: What it is behind. Default nil: it is on the public network.
  public mutating func addHost(at endpoint: Endpoint, behind nat: NAT? = nil) -> Host {
    let host = Host(index: hosts.count)
    hosts.append(HostState(endpoint: endpoint, nat: nat?.index))
    places[Place(nat: nat?.index, endpoint: endpoint)] = host.index
    return host
  }

  /// Adds a NAT to the public network.
  ///
  /// - Parameters:
  ///   - behavior: How it treats what goes through it. Default: as RFC 4787 demands.
  ///   - address: Its external address; the port doesn't matter.
  public mutating func addNAT(_ behavior: NATBehavior = NATBehavior(), at address: Endpoint) -> NAT {
    let nat = NAT(index: nats.count)
    let table = NATTable(behavior, at: address, random: &random)
    nats.append(table)
    natAddresses[table.address] = nat.index
    return nat
  }

  /// Where a host receives, as it knows itself.
  public func endpoint(of host: Host) -> Endpoint { hosts[host.index].endpoint }

  /// Where `remote` sees a host at present: its own endpoint, or that of its NAT; nil while the NAT has no mapping.
  public func endpoint(of host: Host, seenBy remote: Endpoint) -> Endpoint? {
    let state = hosts[host.index]
    guard let nat = state.nat else { return state.endpoint }
    return nats[nat].external(of: state.endpoint, towards: remote, at: now)
  }

  /// Takes a host to another place, as when somebody leaves the house. What is on its way to the old one is lost.
  public mutating func move(_ host: Host, to endpoint: Endpoint, behind nat: NAT? = nil) {
    let old = Place(nat: hosts[host.index].nat, endpoint: hosts[host.index].endpoint)
    if places[old] == host.index { places[old] = nil }
    hosts[host.index].endpoint = endpoint
    hosts[host.index].nat = nat?.index
    places[Place(nat: nat?.index, endpoint: endpoint)] = host.index
  }

  /// Closes a host: it sends nothing more, and who sends to it is told that nobody receives there.
  public mutating func close(_ host: Host) { hosts[host.index].isOpen = false }

  /// Opens a closed host again, at the same place.
  public mutating func reopen(_ host: Host) { hosts[host.index].isOpen = true }

  /// Makes a NAT forget all its mappings, as at a restart: its hosts get new external ports.
  public mutating func restart(_ nat: NAT) { nats[nat.index].forget() }

  /// Makes a host's NAT forget it: it gets new external ports.
  public mutating func forgetMappings(of host: Host) {
    guard let nat = hosts[host.index].nat else { return }
    nats[nat].forget(hosts[host.index].endpoint)
  }

  /// Gives a NAT another external address, as providers do every day, and makes it forget all its mappings.
  public mutating func renumber(_ nat: NAT, to address: Endpoint) {
    let old = nats[nat.index].address
    if natAddresses[old] == nat.index { natAddresses[old] = nil }
    nats[nat.index].forget()
    nats[nat.index].address = address.withPort(0)
    natAddresses[address.withPort(0)] = nat.index
  }
}
