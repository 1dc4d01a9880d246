// SPDX-License-Identifier: GPL-3.0-or-later
// What the bridge reads of data sets: of the open project, whose last data set stays in memory as long as the
// project is open, and of files that may become a project. Everything runs on the pool.
#pragma once
#include "app/studio/bridge/hub.h"
#include "app/studio/bridge/questions.h"
#include "app/studio/bridge/run_access.h"
#include <mutex>

namespace loom {

class DatasetCache { // the last data set that was read; thread safe
 public:
  Result<std::shared_ptr<const Dataset>> get(const DatasetSpec& spec, const std::filesystem::path& project);

 private:
  std::mutex mutex_;
  std::string key_;
  std::shared_ptr<const Dataset> dataset_;
};

class DataDesk { // of the open project
 public:
  DataDesk(Hub& hub, const Project& project, std::shared_ptr<RunAccess> access)
      : hub_(hub), project_(project), access_(std::move(access)) {}
  void answer(const ProjectData& question, const Reply<DataView>& reply);
  void answer(const ProjectDataFacts& question, const Reply<DataFacts>& reply);
  void answer(const PicturesOf& question, const Reply<SamplePictures>& reply);

 private:
  Hub& hub_;
  const Project& project_;
  const std::shared_ptr<RunAccess> access_;
  const std::shared_ptr<DatasetCache> cache_ = std::make_shared<DatasetCache>();
};

// Of files that are no project's.
void answer(Hub& hub, const InspectData& question, const Reply<DataReport>& reply);
void answer(Hub& hub, const PreviewData& question, const Reply<DataView>& reply);

} // namespace loom
