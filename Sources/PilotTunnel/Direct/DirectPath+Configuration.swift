package import PilotTransport

extension DirectPath {
  /// The times and limits.
  package struct Configuration: Equatable, Sendable {
    /// Between two probes of the address in use while users send. Default 1 s.
    package var interval: Duration = .seconds(1)
    /// The same when an echo is missing. Default 500 ms.
    package var doubtedInterval: Duration = .milliseconds(500)
    /// The same while nobody sends, up to a tenth less. Default 20 s: less than the shortest time after which a NAT in common use
    /// forgets a mapping, 30 s, so that one may be lost.
    package var idleInterval: Duration = .seconds(20)
    /// How long an echo is waited for: two round trips, at least this. Default 500 ms.
    package var shortestWait: Duration = .milliseconds(500)
    /// And at most this. Default 1.5 s.
    package var longestWait: Duration = .milliseconds(1_500)
    /// The address is left when so many echoes in a row are missing. Default 3.
    package var misses = 3
    /// And when the first of them was asked for so long ago. Default 3 s, which with the time to the next probe and the longest
    /// wait is less than 5 s from when the way broke.
    package var span: Duration = .seconds(3)
    /// How long one try takes. Default 4 s.
    package var attempt: Duration = .seconds(4)
    /// When the peer is called in a try, while it doesn't answer. Default at once, after 500 ms and after 1.5 s.
    package var calls: [Duration] = [.zero, .milliseconds(500), .milliseconds(1_500)]
    /// How long to wait from one try to the next: at first 5 s, doubling to 5 min.
    package var backoff: Backoff.Configuration
    /// A direct path that has held for so long makes up for the tries that failed before. Default 2 min.
    package var trial: Duration = .seconds(120)
    /// How long after the first echo another address that is nearer is taken. Default 3 s.
    package var settling: Duration = .seconds(3)
    /// Between two requests to the beacon for one peer. Default 5 s.
    package var requestInterval: Duration = .seconds(5)
    /// How long after a packet of a user's a direct path is wanted. Default 60 s.
    package var interest: Duration = .seconds(60)

    /// The defaults.
    package init() {
      backoff = Backoff.Configuration()
      backoff.initial = .seconds(5)
      backoff.maximum = .seconds(300)
    }
  }
}
