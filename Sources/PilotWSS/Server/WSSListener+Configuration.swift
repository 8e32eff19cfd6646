package import Logging
import NIOCore
import PilotTransport
package import PilotWire

extension WSSListener {
  /// Where to listen, and the limits.
  package struct Configuration: Sendable {
    /// The address to bind; port 0 picks one.
    package var address: Endpoint
    /// Certificate and key; without them the listener speaks plain `ws`, for a reverse proxy on the same machine.
    package var tls: ServerTLS?
    /// Authenticated and authenticating connections at most; beyond it the upgrade is answered 503. Default 10,000.
    package var maximumConnections = 10_000
    /// Connections that have not upgraded yet, at most; beyond it new ones are closed at once. Default 1,024.
    package var maximumHandshakes = 1_024
    /// Connections in any state, at most; beyond it new ones are closed at once. Default: no bound but the two above.
    package var maximumOpen = Int.max
    /// From the TCP connection to the upgrade, TLS included. Default 10 s.
    package var handshakeLimit: Duration = .seconds(10)
    /// From the upgrade to the reply that proves the identity. Default 10 s (wire reference, section 3).
    package var authenticationLimit: Duration = .seconds(10)
    /// A peer from which nothing is heard for so long is dropped, pings and pongs included. Default 90 s (same place).
    package var idleLimit: Duration = .seconds(90)
    /// A peer that reads nothing for so long while something waits for it is dropped. Default 30 s.
    package var stallLimit: Duration = .seconds(30)
    /// What waits for one peer; the oldest frames make room. Default 1 MiB, 1 s.
    package var outgoing = OutboundQueue.Limits(bytes: 1 << 20, age: .seconds(1))
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
      guard maximumConnections > maximumOpen else { return false }
      maximumConnections = maximumOpen
      return true
    }

    var sizes: BufferSizes { tls == nil ? .large : .small }

    var times: WebSocketTimes {
      var times = WebSocketTimes()
      times.authentication = authenticationLimit
      times.idle = idleLimit
      times.stall = stallLimit
      return times
    }
  }
}
