package import Logging
import NIOCore
package import PilotTransport
package import PilotWire

extension WSSListener {
  /// Where to listen, and the limits.
  package struct Configuration: Sendable {
    /// The address to bind; port 0 picks one.
    package var address: Endpoint
    /// Certificate and key; without them the listener speaks plain `ws`, for a reverse proxy on the same machine.
    package var tls: ServerTLS?
    /// What this beacon is called. Default: nothing that it knows of, so that `pilot.v1` alone is spoken.
    package var names = BeaconNames()
    /// How many, how slow and how silent peers may be.
    package var limits = WSSLimits()
    /// Connections in any state, at most; with room made as for a handshake. Default: no bound but those of ``limits``.
    package var maximumOpen = Int.max
    /// Who may come, and which proxies name others. Default: everybody, and none.
    package var policy = AddressPolicy()
    /// Hears of each connection that ends before it upgrades, unless it was served. On any event loop. Default: nobody does.
    package var onFailure: @Sendable (HandshakeFailure) -> Void = { _ in }
    /// Unix time in seconds, for the challenge.
    package var unixTime: @Sendable () -> UInt64
    /// Hears of troubles of the listening socket. Default: nobody does.
    package var logger = Logger(label: "pilot.wss") { _ in SwiftLogNoOpLogHandler() }

    package init(address: Endpoint, unixTime: @escaping @Sendable () -> UInt64) {
      self.address = address
      self.unixTime = unixTime
    }

    /// Lowers the limits to what a process may have open, so that connections don't take the last descriptors from what else
    /// needs some.
    ///
    /// - Parameter limit: The process's limit, as ``DescriptorLimit/current`` tells it.
    /// - Returns: Whether there will be fewer connections than were asked for.
    package mutating func fit(intoDescriptors limit: Int) -> Bool {
      maximumOpen = min(maximumOpen, max(limit - DescriptorLimit.reserve, 1))
      guard limits.maximumConnections > maximumOpen else { return false }
      limits.maximumConnections = maximumOpen
      return true
    }

    /// What is spoken at the moment, the preferred one first. A beacon that doesn't know what it is called can't hold the
    /// names that nodes sign against anything, and doesn't ask for them.
    var subprotocols: [PilotSubprotocol] { names.isEmpty ? [.v1] : PilotSubprotocol.all }

    var sizes: BufferSizes { tls == nil ? .large : .small }

    var times: WebSocketTimes {
      var times = WebSocketTimes()
      times.authentication = limits.authenticationLimit
      times.idle = limits.idleLimit
      times.stall = limits.stallLimit
      return times
    }
  }
}
