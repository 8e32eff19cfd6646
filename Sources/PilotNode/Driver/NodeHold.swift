/// What keeps a node joined: it leaves when neither the node nor its receiver is held any more.
final class NodeHold: Sendable {
  let driver: NodeDriver

  init(_ driver: NodeDriver) { self.driver = driver }

  deinit { driver.close() }
}
