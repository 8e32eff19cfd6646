import FoundationEssentials
import PilotConsole
import PilotNode

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Reads standard input for a node. Reading blocks, so it has a thread of its own, which a node that ends by other means
/// leaves blocked: the process ends then.
enum AttachInputThread {
  static func start(for node: AttachNode) {
    let input = Input(node: node)
    var thread = pthread_t()
    let argument = unsafe Unmanaged.passRetained(input)
    // SAFETY: the thread takes over the one reference.
    let result = unsafe pthread_create(
      &thread, nil,
      { argument in
        guard let argument = unsafe argument else { return nil }
        unsafe Unmanaged<Input>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, argument.toOpaque())
    guard result == 0 else {
      unsafe argument.release()
      node.node.leave()
      return
    }
    pthread_detach(thread)
  }

  private final class Input: Sendable {
    private let node: AttachNode

    init(node: AttachNode) {
      self.node = node
    }

    func run() {
      var lines = LineReader(descriptor: 0)
      while let line = lines.next() { node.perform(line) }
      if let reason = lines.failure { node.inputFailed(reason) }
      node.node.leave()
    }
  }
}
