#pragma once

#include "lvtino/parts.hpp"

/// The parts of lvtino/prior_parts.cpp, data_parts.cpp and plain_parts.cpp, for the table.
namespace lvtino::parts {

std::shared_ptr<const Part> read_video_prior(const SpecReader& reader);
std::shared_ptr<const Part> read_image_prior(const SpecReader& reader);
std::shared_ptr<const Part> read_guided_prior(const SpecReader& reader);

std::shared_ptr<const Part> read_joint_prox(const SpecReader& reader);
std::shared_ptr<const Part> read_data_prox(const SpecReader& reader);
std::shared_ptr<const Part> read_least_squares_cg(const SpecReader& reader);
std::shared_ptr<const Part> read_tv_least_squares_pdhg(const SpecReader& reader);
std::shared_ptr<const Part> read_tv_least_squares_adam(const SpecReader& reader);

std::shared_ptr<const Part> read_clamp(const SpecReader& reader);
std::shared_ptr<const Part> read_rounding(const SpecReader& reader);
std::shared_ptr<const Part> read_low_pass(const SpecReader& reader);
std::shared_ptr<const Part> read_output(const SpecReader& reader);

}  // namespace lvtino::parts
