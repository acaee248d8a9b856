public import VFS

extension Computer {
    /// The files of its /sys, for a program in this process: `files.text(of: "bus/ap/apmask")`.
    public var files: TreeCalls { TreeCalls(tree: tree) }
}
