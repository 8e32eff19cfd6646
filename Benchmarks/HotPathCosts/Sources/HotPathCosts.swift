import Dispatch

/// `hot-path-costs`: performs the operations that every frame pays for, as often as it is told.
///
/// `Benchmarks/check-costs` counts the instructions and the allocations of `run` with two counts, and divides the
/// difference; `Benchmarks/compare` takes the times. It lies in this package, and not in the one of the benchmarks, since
/// some of what it calls is for this package's own use.
@main
struct HotPathCosts {
  private static let usage = """
    usage: hot-path-costs list
           hot-path-costs run CASE COUNT
           hot-path-costs time [CASE…]
           hot-path-costs memory
           hot-path-costs contention THREADS

    list prints the names of the cases. run performs one that often. time prints a line of JSON for each, with the
    nanoseconds that one operation takes, and the bytes that it goes through. memory prints what an idle session takes.
    contention prints what a frame takes each of several threads of a beacon, which share a router or have one each.
    """

  /// Not `async`: then the runtime would end the main thread by calling sigsuspend(2) with a constant mask, which valgrind
  /// 3.19 writes to, and crashes.
  static func main() {
    let done = DispatchSemaphore(value: 0)
    Task.detached {
      do { try await perform(CommandLine.arguments.dropFirst()) } catch { fail("\(error)", status: 1) }
      done.signal()
    }
    done.wait()
  }

  private static func perform(_ arguments: ArraySlice<String>) async throws {
    switch arguments.first {
    case "list" where arguments.count == 1:
      for path in HotPath.all { print(path.name) }
    case "run" where arguments.count == 3:
      guard let path = HotPath.named(arguments[2]), let count = Int(arguments[3]), count > 0 else { fail() }
      var stopwatch = Stopwatch()
      keep(try await path.run(count, &stopwatch))
    case "time":
      for path in try chosen(arguments.dropFirst()) {
        print(try await Timing.of(path).json)
      }
    case "memory" where arguments.count == 1:
      guard let bytes = try SessionMemory.bytesPerSession() else { fail("this system doesn't tell", status: 1) }
      print(#"{"case":"tunnel-session-idle","bytes":\#(bytes)}"#)
    case "contention" where arguments.count == 2:
      guard let threads = Int(arguments[2]), threads > 0 else { fail() }
      for result in try Contention.measure(threads: threads) { print(result.json) }
    default:
      fail()
    }
  }

  private static func chosen(_ names: ArraySlice<String>) throws -> [HotPath] {
    if names.isEmpty { return HotPath.all }
    return names.map { name in
      guard let path = HotPath.named(name) else { fail() }
      return path
    }
  }

  private static func fail(_ problem: String = usage, status: Int32 = 2) -> Never {
    StandardError.write(problem + "\n")
    StandardError.exit(status)
  }
}
