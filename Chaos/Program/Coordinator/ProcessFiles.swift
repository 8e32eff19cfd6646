import ChaosCore
import FoundationEssentials

/// What the kernel tells of processes and of itself (proc(5)).
enum ProcessFiles {
  static func vitals(of process: Int32) -> Vitals? {
    guard let status = text("/proc/\(process)/status"),
      let descriptors = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd").count
    else { return nil }
    let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")) ?? []
    let names = tasks.compactMap { task in
      text("/proc/\(process)/task/\(task)/comm").map { $0.hasSuffix("\n") ? String($0.dropLast()) : $0 }
    }
    return Vitals(status: status, threadNames: names, descriptors: descriptors)
  }

  /// Datagrams that the kernel dropped before any socket saw them, since it began.
  static func backlogDrops() -> Int {
    text("/proc/net/softnet_stat").map(Vitals.backlogDrops) ?? 0
  }

  private static func text(_ path: String) -> String? {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
  }
}
