import ChaosCore

/// Has nodes do what a round's steps say, each at its time.
struct ScriptPlayer {
  let nodes: [UInt32: HonestNode]
  /// How many of the planned frames are sent, in percent.
  let pace: Int

  /// Plays steps, and returns when all are done.
  ///
  /// - Returns: By how much the worst one came too late, in milliseconds.
  func play(_ steps: [Step]) async throws -> Int {
    let begin = ContinuousClock.now
    var lateness: Duration = .zero
    // What a node does beside sending takes time, and comes in order.
    var pending: [UInt32: Task<Void, any Error>] = [:]
    for step in steps {
      guard let node = nodes[step.node] else { continue }
      let due = begin.advanced(by: .milliseconds(step.at))
      if ContinuousClock.now < due { try await Task.sleep(until: due, clock: .continuous) }
      lateness = max(lateness, due.duration(to: .now))
      switch step.deed {
      case .send(let destination, let count, let length, let batched):
        node.send(to: destination, count: max(count * pace / 100, 1), length: length, batched: batched)
      case .stall(let milliseconds):
        node.stall(for: .milliseconds(milliseconds))
      case .leave, .join, .move:
        let before = pending[step.node]
        pending[step.node] = Task {
          try await before?.value
          switch step.deed {
          case .leave: try await node.leave()
          case .join: try node.join()
          case .move: try await node.move()
          case .send, .stall: break
          }
        }
      }
    }
    for task in pending.values { try await task.value }
    return lateness.milliseconds
  }
}
