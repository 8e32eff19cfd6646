/// What the tries to reach a peer directly have come to: totals.
package struct DirectCounters: Hashable, Sendable {
  /// Tries that were begun.
  package internal(set) var attempts: UInt64 = 0
  /// Tries that came to nothing.
  package internal(set) var failures: UInt64 = 0
  /// Probes to addresses that hadn't answered.
  package internal(set) var probesSent: UInt64 = 0
  /// Times that such a probe had to wait, since enough were sent.
  package internal(set) var probesHeldBack: UInt64 = 0
  /// Probes to the address in use.
  package internal(set) var checksSent: UInt64 = 0
  /// Probes that came back from where they were sent to.
  package internal(set) var echoes: UInt64 = 0
  /// Echoes with a token that wasn't sent there, or not lately.
  package internal(set) var strayEchoes: UInt64 = 0
  /// Calls and answers of the peer's that were passed over, since one was heard less than 400 ms before.
  package internal(set) var callsIgnored: UInt64 = 0
  /// Addresses that nobody is probed at: see <doc:DirectPaths>.
  package internal(set) var addressesRefused: UInt64 = 0
  /// Addresses for which there was no room among the eight.
  package internal(set) var addressesDropped: UInt64 = 0
  /// Commands of the beacon's that nobody has asked for.
  package internal(set) var commandsIgnored: UInt64 = 0
}
