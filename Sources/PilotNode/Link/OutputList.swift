/// What a link wants done, oldest first. Emptied by the driver after each event, so that it stays short.
struct OutputList: Sendable {
  private var outputs: [BeaconLink.Output] = []
  private var first = 0

  mutating func append(_ output: BeaconLink.Output) { outputs.append(output) }

  mutating func removeFirst() -> BeaconLink.Output? {
    guard first < outputs.count else {
      outputs.removeAll(keepingCapacity: true)
      first = 0
      return nil
    }
    defer { first += 1 }
    return outputs[first]
  }
}
