import ChaosCore
import PilotWire

/// Who floods: somebody who can prove nothing, somebody who has, and somebody who is attached.
protocol FloodSource: Sendable {
  /// Makes itself known.
  func introduce() async -> Bool
  /// Sends a frame so often.
  ///
  /// - Returns: How many have left.
  func flood(_ frame: [UInt8], times: Int) async -> Int
}

/// Relays more to a node than the sender's share is: what arrives is that share, not more and not less.
struct RelayFlood {
  let sender: any FloodSource
  let node: UInt32
  /// The sender's share, a second and at once.
  let rate: Int
  let sink: HostileSocket

  /// Makes an attack.
  ///
  /// - Parameter excess: How many frames more than the share are sent.
  func perform(excess: Int) async -> Books {
    var books = Books()
    guard let from = NodeID(node), let inflow = sink.inflow, await sender.introduce(), await sink.introduce() else {
      return books
    }
    let payload = [UInt8](repeating: 0, count: 24)
    let frame = Relay(sender: from, destination: sink.own, payload: payload.span.raw).encoded()
    let (before, begin) = (inflow.flow(from: node).count, ContinuousClock.now)
    let sent = await sender.flood(frame, times: rate + excess)
    // Behind its answer is nothing more of the flood.
    guard await sink.settle() else { return books }
    let flow = inflow.flow(from: node)
    let arrived = flow.count - before
    let share = rate + rate * max(0, begin.duration(to: flow.last).milliseconds) / 1_000 + 1
    books[.floodSent] = sent
    books[.floodArrived] = arrived
    if node == Population.wssFlooder { books[.floodArrivedOverWSS] = arrived }
    books[.floodOverLimit] = max(0, arrived - share)
    books[.floodShort] = max(0, min(sent, rate) - arrived)
    return books
  }
}

extension HostileSocket: FloodSource {
  /// So fast that no buffer on this machine overflows.
  func flood(_ frame: [UInt8], times: Int) async -> Int {
    var sent = 0
    for number in 1...max(times, 1) {
      if send(frame) { sent += 1 }
      if number % 64 == 0 { try? await Task.sleep(for: .milliseconds(2)) }
    }
    _ = await settle()
    return sent
  }
}

extension Liar: FloodSource {
  func introduce() async -> Bool { await settle() }

  func flood(_ frame: [UInt8], times: Int) async -> Int {
    let before = relaysSent
    for number in 1...max(times, 1) {
      var tries = 100
      while !send(frame), tries > 0 {
        try? await Task.sleep(for: .milliseconds(5))
        tries -= 1
      }
      if number % 64 == 0 { try? await Task.sleep(for: .milliseconds(2)) }
    }
    _ = await settle()
    return relaysSent - before
  }
}
