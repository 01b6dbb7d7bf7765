#pragma once

namespace lvtino {

/// Tells the allocator to keep freed pages: a fresh video-sized array otherwise costs a page fault
/// for every 4 KiB, more than most of our passes over memory. For programs, once, at their start.
void keep_heap_pages();

/// Gives back all pages that hold nothing now, so that the resident memory is what is in use.
void release_heap_pages();

}  // namespace lvtino
