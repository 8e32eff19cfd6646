import PilotTransport
import PilotWire

/// The one line that a terminal shows: the busiest peer's path, round trip, rates and losses, and how many others there are.
struct ForwardStatus: Sendable {
  /// How a peer stands at one time.
  struct Peer: Equatable, Sendable {
    let id: NodeID
    let path: PeerPath
    let statistics: PeerStatistics
  }

  private var last: [NodeID: PeerStatistics] = [:]
  private var lastTime: MonotonicInstant?

  /// The line for now. Rates are those since the call before.
  ///
  /// - Parameter peers: All of them, with what has gone through since the start.
  mutating func line(_ peers: [Peer], at now: MonotonicInstant) -> String {
    let elapsed = lastTime.map { $0.duration(to: now) } ?? .zero
    let milliseconds = max(elapsed.milliseconds, 1)
    let rates = peers.map { Rates($0.statistics, since: last[$0.id], over: UInt64(milliseconds)) }
    last = Dictionary(peers.map { ($0.id, $0.statistics) }) { _, newer in newer }
    lastTime = now
    guard let index = rates.indices.max(by: { (rates[$0].bytes, $1) < (rates[$1].bytes, $0) }) else {
      return "no peer yet"
    }
    let (peer, rate) = (peers[index], rates[index])
    let roundTrip = peer.statistics.roundTrip.map { Self.milliseconds($0) } ?? "-"
    let others = peers.count == 1 ? "" : ", \(peers.count - 1) more"
    return "node \(peer.id): \(peer.path.words), \(roundTrip), "
      + "out \(rate.out), in \(rate.in), \(peer.statistics.droppedCount) dropped\(others)"
  }

  /// What has gone through in a time.
  private struct Rates {
    let bytes: UInt64
    let out: String
    let `in`: String

    init(_ now: PeerStatistics, since before: PeerStatistics?, over milliseconds: UInt64) {
      let before = before ?? now
      let sent = now.sentBytes.subtracting(before.sentBytes),
        received = now.receivedBytes.subtracting(before.receivedBytes)
      bytes = sent.addingReportingOverflow(received).partialValue
      out = ForwardStatus.rate(sent, over: milliseconds)
      `in` = ForwardStatus.rate(received, over: milliseconds)
    }
  }

  /// Bytes in a time, as bits a second with three digits.
  static func rate(_ bytes: UInt64, over milliseconds: UInt64) -> String {
    let bits = Double(bytes) * 8_000 / Double(max(milliseconds, 1))
    let units = ["bit/s", "kbit/s", "Mbit/s", "Gbit/s"]
    var (value, unit) = (bits, 0)
    while value >= 999.5, unit < units.count - 1 {
      value /= 1_000
      unit += 1
    }
    return "\(digits(value, whole: unit == 0)) \(units[unit])"
  }

  private static func milliseconds(_ microseconds: UInt64) -> String {
    "\(digits(Double(microseconds) / 1_000, whole: false)) ms"
  }

  /// Three digits, those behind the point included.
  private static func digits(_ value: Double, whole: Bool) -> String {
    if whole || value >= 99.95 { return String(Int(value.rounded())) }
    let scale = value >= 9.995 ? 10.0 : 100.0
    let scaled = Int((value * scale).rounded())
    let fraction = String(scaled % Int(scale))
    let width = scale == 10 ? 1 : 2
    return "\(scaled / Int(scale))." + String(repeating: "0", count: width - fraction.count) + fraction
  }
}

extension UInt64 {
  /// The difference, or 0 where a counter has begun anew.
  fileprivate func subtracting(_ other: UInt64) -> UInt64 { self >= other ? self - other : 0 }
}
