#pragma once

#include <string>

#include "lvtino/core/registry.hpp"
#include "lvtino/video.hpp"

namespace lvtino {

using VideoSource = Video(const SpecReader& spec, const std::string& base_folder);

/// Where clips come from: "file" (path, first_frame, frames, step, crop, resize, stand_in), "jpeg" and
/// "procedural" (see procedural_clip.hpp).
const Registry<VideoSource>& video_sources();

/// The clip that `spec` describes; relative paths begin at `base_folder`. All keys are read before
/// any file is, so that unknown ones can be told; `finish` is left to the caller.
/// Throws SpecError, IoError, NotBuiltError.
Video read_video(const SpecReader& spec, const std::string& base_folder);

}  // namespace lvtino
