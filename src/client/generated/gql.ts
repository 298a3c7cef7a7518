/* eslint-disable */
import * as types from './graphql.ts';



/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "\n  query Cells {\n    backends {\n      id\n      name\n      capabilities {\n        startsProcesses\n      }\n      cells {\n        id\n        role\n        modelName\n        gpus {\n          index\n        }\n        pid\n        port\n        status\n        residentBytes\n        startedAt\n        endedAt\n        exitReason\n      }\n    }\n  }\n": typeof types.CellsDocument,
    "\n  query CellLog($id: ID!, $lines: Int!) {\n    node(id: $id) {\n      __typename\n      ... on Cell {\n        status\n        endedAt\n        exitReason\n        logTail(lines: $lines)\n      }\n    }\n  }\n": typeof types.CellLogDocument,
    "\n  mutation SubmitJob($input: SubmitJobInput!) {\n    submitJob(input: $input) {\n      __typename\n      ... on SubmitJobPayload {\n        job {\n          id\n          kind\n          modelName\n        }\n      }\n      ... on InvalidInputError {\n        issues {\n          path\n          message\n        }\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n": typeof types.SubmitJobDocument,
    "\n  mutation SubmitBatch($input: SubmitBatchInput!) {\n    submitBatch(input: $input) {\n      __typename\n      ... on SubmitBatchPayload {\n        batch {\n          id\n        }\n      }\n      ... on InvalidInputError {\n        issues {\n          path\n          message\n        }\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n": typeof types.SubmitBatchDocument,
    "\n  query BatchJobs($id: ID!, $after: String) {\n    batch(id: $id) {\n      jobs(first: 100, after: $after) {\n        nodes {\n          id\n          modelName\n          status\n        }\n        pageInfo {\n          hasNextPage\n          endCursor\n        }\n      }\n    }\n  }\n": typeof types.BatchJobsDocument,
    "\n  query ExpectedEnds($ids: [ID!]!) {\n    nodes(ids: $ids) {\n      __typename\n      ... on Job {\n        status\n        finishedAt\n        expectedEndAt\n      }\n    }\n  }\n": typeof types.ExpectedEndsDocument,
    "\n  query JobStates($ids: [ID!]!) {\n    nodes(ids: $ids) {\n      __typename\n      ... on Job {\n        id\n        status\n      }\n    }\n  }\n": typeof types.JobStatesDocument,
    "\n  query JobTimes($ids: [ID!]!) {\n    nodes(ids: $ids) {\n      __typename\n      ... on Job {\n        kind\n        modelName\n        status\n        createdAt\n        startedAt\n        finishedAt\n        result {\n          __typename\n          ... on TextResult {\n            truncated\n          }\n          ... on EmbedResult {\n            truncated\n          }\n        }\n      }\n    }\n  }\n": typeof types.JobTimesDocument,
    "\n  subscription JobUpdates($filter: JobFilter) {\n    jobUpdated(filter: $filter) {\n      type\n      job {\n        id\n        status\n      }\n    }\n  }\n": typeof types.JobUpdatesDocument,
    "\n  query JobWaits($id: ID!) {\n    job(id: $id) {\n      status\n      queuePosition\n      waiting {\n        reason\n        explanation\n      }\n    }\n  }\n": typeof types.JobWaitsDocument,
    "\n  subscription JobOutput($id: ID!, $attempt: Int, $fromOffset: Int) {\n    jobOutput(id: $id, attempt: $attempt, fromOffset: $fromOffset) {\n      attempt\n      channel\n      offset\n      text\n    }\n  }\n": typeof types.JobOutputDocument,
    "\n  query ListJobs($first: Int!, $after: String, $filter: JobFilter) {\n    jobs(first: $first, after: $after, filter: $filter) {\n      totalCount\n      nodes {\n        id\n        status\n        priority\n        kind\n        modelName\n        client\n        createdAt\n        startedAt\n        finishedAt\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": typeof types.ListJobsDocument,
    "\n  query ShowJob($id: ID!) {\n    job(id: $id) {\n      id\n      status\n      kind\n      modelName\n      priority\n      client\n      queuePosition\n      createdAt\n      startedAt\n      finishedAt\n      deadline\n      maxAttempts\n      metadata\n      labels {\n        key\n        value\n      }\n      batch {\n        id\n        name\n      }\n      backend {\n        name\n      }\n      expectedStartAt\n      expectedEndAt\n      waiting {\n        reason\n        explanation\n      }\n      failure {\n        code\n        message\n        retryable\n      }\n      attempts {\n        number\n        backendName\n        startedAt\n        finishedAt\n        failure {\n          code\n          message\n        }\n      }\n      result {\n        __typename\n        ... on TextResult {\n          contextLength\n          doneReason\n          text\n          thinking\n          toolCalls\n          truncated\n          usage {\n            promptTokens\n            promptDuration\n            completionTokens\n            evalDuration\n            loadDuration\n          }\n        }\n        ... on EmbedResult {\n          bytes\n          contextLength\n          count\n          dimensions\n          truncated\n          usage {\n            promptTokens\n            promptDuration\n            completionTokens\n            evalDuration\n            loadDuration\n          }\n        }\n      }\n    }\n  }\n": typeof types.ShowJobDocument,
    "\n  query ReadEmbeddings($id: ID!, $first: Int!, $offset: Int!) {\n    job(id: $id) {\n      result {\n        __typename\n        ... on EmbedResult {\n          embeddings(first: $first, offset: $offset)\n        }\n      }\n    }\n  }\n": typeof types.ReadEmbeddingsDocument,
    "\n  query Situation {\n    stats {\n      counts {\n        pending\n        queued\n        running\n      }\n      swaps {\n        loads\n        unloads\n        evictions\n      }\n      latency(window: 3600000) {\n        queueP50\n        queueP95\n        runP50\n      }\n    }\n  }\n": typeof types.SituationDocument,
    "\n  subscription VramUpdates {\n    vramChanged(minInterval: 250) {\n      backends {\n        health\n        problem\n        vram {\n          totalBytes\n          usedBytes\n        }\n        instances {\n          modelName\n          status\n        }\n      }\n    }\n  }\n": typeof types.VramUpdatesDocument,
    "\n  query ServerVersion {\n    stats {\n      version\n    }\n  }\n": typeof types.ServerVersionDocument,
    "\n  query KindsOfIds($ids: [ID!]!) {\n    nodes(ids: $ids) {\n      __typename\n      id\n    }\n  }\n": typeof types.KindsOfIdsDocument,
    "\n  query IdsWithPrefix($prefix: String!) {\n    idsWithPrefix(prefix: $prefix)\n  }\n": typeof types.IdsWithPrefixDocument,
    "\n  query ShowBatch($id: ID!) {\n    batch(id: $id) {\n      id\n      name\n      client\n      createdAt\n      finishedAt\n      expectedEnd\n      counts {\n        pending\n        queued\n        running\n        complete\n        failed\n        cancelled\n        total\n      }\n    }\n  }\n": typeof types.ShowBatchDocument,
    "\n  query CheckBatch($input: SubmitBatchInput!) {\n    checkBatch(input: $input) {\n      path\n      message\n    }\n  }\n": typeof types.CheckBatchDocument,
    "\n  mutation CancelJob($input: CancelJobInput!) {\n    cancelJob(input: $input) {\n      __typename\n      ... on CancelJobPayload {\n        job {\n          status\n        }\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n": typeof types.CancelJobDocument,
    "\n  mutation RetryJob($input: RetryJobInput!) {\n    retryJob(input: $input) {\n      __typename\n      ... on RetryJobPayload {\n        job {\n          status\n        }\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n": typeof types.RetryJobDocument,
    "\n  mutation UpdateJobPriority($input: UpdateJobPriorityInput!) {\n    updateJobPriority(input: $input) {\n      __typename\n      ... on UpdateJobPriorityPayload {\n        job {\n          status\n          priority\n        }\n      }\n      ... on InvalidInputError {\n        issues {\n          path\n          message\n        }\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n": typeof types.UpdateJobPriorityDocument,
    "\n  mutation CancelJobs($input: CancelJobsInput!) {\n    cancelJobs(input: $input) {\n      __typename\n      ... on CancelJobsPayload {\n        changed\n        more\n      }\n      ... on InvalidInputError {\n        issues {\n          path\n          message\n        }\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n": typeof types.CancelJobsDocument,
    "\n  mutation RetryJobs($input: RetryJobsInput!) {\n    retryJobs(input: $input) {\n      __typename\n      ... on RetryJobsPayload {\n        changed\n        more\n      }\n      ... on InvalidInputError {\n        issues {\n          path\n          message\n        }\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n": typeof types.RetryJobsDocument,
    "\n  mutation UpdateJobPriorities($input: UpdateJobPrioritiesInput!) {\n    updateJobPriorities(input: $input) {\n      __typename\n      ... on UpdateJobPrioritiesPayload {\n        changed\n        more\n      }\n      ... on InvalidInputError {\n        issues {\n          path\n          message\n        }\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n": typeof types.UpdateJobPrioritiesDocument,
    "\n  mutation PauseScheduler {\n    pauseScheduler {\n      stats {\n        paused\n        counts {\n          pending\n          queued\n          running\n        }\n      }\n    }\n  }\n": typeof types.PauseSchedulerDocument,
    "\n  mutation ResumeScheduler {\n    resumeScheduler {\n      stats {\n        paused\n        counts {\n          pending\n          queued\n          running\n        }\n      }\n    }\n  }\n": typeof types.ResumeSchedulerDocument,
    "\n  mutation LoadModel($input: LoadModelInput!) {\n    loadModel(input: $input) {\n      __typename\n      ... on LoadModelPayload {\n        instance {\n          ...PlacedInstance\n        }\n      }\n      ... on InvalidInputError {\n        issues {\n          path\n          message\n        }\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n\n  fragment PlacedInstance on Instance {\n    modelName\n    contextLength\n    vramBytes\n    spilled\n    pinned\n    backend {\n      name\n    }\n    gpus {\n      index\n    }\n  }\n": typeof types.LoadModelDocument,
    "\n  mutation PinModel($input: PinModelInput!) {\n    pinModel(input: $input) {\n      __typename\n      ... on PinModelPayload {\n        instance {\n          ...PlacedInstance\n        }\n      }\n      ... on InvalidInputError {\n        issues {\n          path\n          message\n        }\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n": typeof types.PinModelDocument,
    "\n  mutation UnloadModel($input: UnloadModelInput!) {\n    unloadModel(input: $input) {\n      __typename\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n": typeof types.UnloadModelDocument,
    "\n  mutation UnpinModel($input: UnpinModelInput!) {\n    unpinModel(input: $input) {\n      __typename\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n": typeof types.UnpinModelDocument,
    "\n  query Gpus {\n    backends {\n      id\n      name\n      gpus {\n        id\n        index\n        name\n      }\n    }\n  }\n": typeof types.GpusDocument,
    "\n  mutation ReserveVram($input: ReserveVramInput!) {\n    reserveVram(input: $input) {\n      __typename\n      ... on ReserveVramPayload {\n        reservation {\n          id\n          bytes\n          ready\n          expiresAt\n          gpu {\n            index\n            name\n          }\n        }\n      }\n      ... on InvalidInputError {\n        issues {\n          path\n          message\n        }\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n": typeof types.ReserveVramDocument,
    "\n  mutation ReleaseVram($input: ReleaseVramInput!) {\n    releaseVram(input: $input) {\n      __typename\n      ... on InvalidInputError {\n        issues {\n          path\n          message\n        }\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n": typeof types.ReleaseVramDocument,
    "\n  query Reservations {\n    reservations {\n      id\n      owner\n      bytes\n      ready\n      kind\n      expiresAt\n      gpu {\n        index\n        name\n      }\n    }\n  }\n": typeof types.ReservationsDocument,
    "\n  query WorkerAllocation($input: WorkerAllocationInput!) {\n    workerAllocation(input: $input) {\n      workers\n      bytesPerWorker\n      freeBytes\n      explanation\n      gpu {\n        id\n        index\n        name\n      }\n    }\n  }\n": typeof types.WorkerAllocationDocument,
    "\n  query MemoryBudget($models: [String!]) {\n    memoryBudget(models: $models) {\n      fits\n      exact\n      requiredBytes\n      capacityBytes\n      freeBytes\n      explanation\n      models {\n        modelName\n        footprintBytes\n        measured\n        gpus {\n          index\n          name\n        }\n      }\n    }\n  }\n": typeof types.MemoryBudgetDocument,
    "\n  subscription TopMemory {\n    vramChanged(minInterval: 250) {\n      backends {\n        name\n        health\n        capabilities {\n          startsProcesses\n        }\n        cells {\n          role\n          status\n          residentBytes\n        }\n        gpus {\n          index\n          name\n          foreignProcesses {\n            pid\n            name\n            bytes\n          }\n          reservations {\n            owner\n            bytes\n            ready\n            expiresAt\n          }\n          vram {\n            totalBytes\n            headroomBytes\n            reservedBytes\n            foreignBytes\n            instanceBytes\n            freeBytes\n            deficitBytes\n            sampledAt\n          }\n        }\n        instances {\n          id\n          modelName\n          status\n          contextLength\n          parallel\n          pinned\n          spilled\n          expiresAt\n          lastUsedAt\n          vramBytes\n          activeJobs {\n            id\n          }\n          gpus {\n            index\n          }\n        }\n      }\n    }\n  }\n": typeof types.TopMemoryDocument,
    "\n  query TopSituation($decisions: Int!) {\n    health {\n      status\n      problems {\n        message\n      }\n    }\n    stats {\n      version\n      startedAt\n      paused\n      counts {\n        pending\n        queued\n        running\n      }\n      swaps {\n        loads\n        evictions\n        coldStarts\n        warmStarts\n      }\n      latency {\n        queueP50\n        queueP95\n      }\n      queues {\n        modelName\n        contextLength\n        pendingHigh\n        pendingNormal\n        pendingLow\n        oldestAge\n        expectedClear\n      }\n    }\n    decisions(first: $decisions) {\n      nodes {\n        at\n        kind\n        modelName\n        explanation\n      }\n    }\n  }\n": typeof types.TopSituationDocument,
    "\n  query ModelTable($after: String) {\n    models(first: 100, after: $after) {\n      nodes {\n        name\n        digest\n        diskBytes\n        modifiedAt\n        parameterSize\n        quantization\n        contextLength\n        capabilities\n        vramEstimate {\n          bytes\n          measured\n        }\n        instances {\n          status\n          pinned\n          contextLength\n          backend {\n            name\n          }\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": typeof types.ModelTableDocument,
    "\n  query ListModels($after: String) {\n    models(first: 100, after: $after) {\n      nodes {\n        name\n        capabilities\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": typeof types.ListModelsDocument,
    "\n  query ModelName($name: String!) {\n    model(name: $name) {\n      name\n    }\n  }\n": typeof types.ModelNameDocument,
    "\n  query ModelFacts($name: String!) {\n    model(name: $name) {\n      name\n      capabilities\n      contextLength\n      parameterSize\n      quantization\n    }\n  }\n": typeof types.ModelFactsDocument,
    "\n  query ShowModel($name: String!, $verbose: Boolean!) {\n    model(name: $name) {\n      details(verbose: $verbose) {\n        __typename\n        ... on ModelDetails {\n          capabilities\n          license\n          modelInfo\n          modelfile\n          parameters\n          projectorInfo\n          system\n          template\n          tensors\n        }\n        ... on UserError {\n          code\n          message\n        }\n      }\n      name\n      digest\n      diskBytes\n      family\n      parameterSize\n      quantization\n      contextLength\n      capabilities\n      vramEstimate {\n        bytes\n        measured\n      }\n      backends {\n        name\n        url\n      }\n      instances {\n        status\n        pinned\n        contextLength\n        vramBytes\n        backend {\n          name\n        }\n      }\n    }\n  }\n": typeof types.ShowModelDocument,
    "\n  query BackendNames {\n    backends {\n      id\n      name\n    }\n  }\n": typeof types.BackendNamesDocument,
    "\n  mutation PullModel($input: PullModelInput!) {\n    pullModel(input: $input) {\n      __typename\n      ... on PullModelPayload {\n        pull {\n          id\n        }\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n": typeof types.PullModelDocument,
    "\n  subscription PullUpdates($id: ID!) {\n    pullUpdated(id: $id) {\n      id\n      modelName\n      status\n      step\n      completedBytes\n      totalBytes\n      error\n      startedAt\n      backend {\n        name\n      }\n    }\n  }\n": typeof types.PullUpdatesDocument,
    "\n  mutation CopyModel($input: CopyModelInput!) {\n    copyModel(input: $input) {\n      __typename\n      ... on CopyModelPayload {\n        model {\n          name\n        }\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n": typeof types.CopyModelDocument,
    "\n  mutation DeleteModel($input: DeleteModelInput!) {\n    deleteModel(input: $input) {\n      __typename\n      ... on DeleteModelPayload {\n        modelName\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n": typeof types.DeleteModelDocument,
    "\n  query BackendTroubles {\n    backends {\n      name\n      url\n      health\n      problem\n    }\n  }\n": typeof types.BackendTroublesDocument,
    "\n  query RecordedJobs($first: Int!, $after: String) {\n    jobs(first: $first, after: $after, filter: { statuses: [COMPLETE] }) {\n      nodes {\n        modelName\n        client\n        priority\n        createdAt\n        startedAt\n        finishedAt\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": typeof types.RecordedJobsDocument,
    "\n  query ModelSizes($first: Int!, $after: String) {\n    models(first: $first, after: $after) {\n      nodes {\n        name\n        diskBytes\n        vramEstimate {\n          bytes\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": typeof types.ModelSizesDocument,
    "\n  query HealthReport {\n    health {\n      status\n      problems {\n        code\n        message\n        backend {\n          name\n        }\n      }\n      backends {\n        name\n        url\n        mode\n        health\n        version\n        gpus {\n          index\n        }\n        vram {\n          totalBytes\n          usedBytes\n        }\n      }\n    }\n    stats {\n      startEstimates {\n        sampleCount\n        medianError\n      }\n      workEstimates {\n        sampleCount\n        medianError\n        bias\n      }\n    }\n  }\n": typeof types.HealthReportDocument,
    "\n  query Decisions($first: Int!, $after: String, $filter: DecisionFilter) {\n    decisions(first: $first, after: $after, filter: $filter) {\n      totalCount\n      nodes {\n        at\n        kind\n        modelName\n        explanation\n        backend {\n          name\n        }\n        job {\n          id\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": typeof types.DecisionsDocument,
    "\n  query InMemory {\n    backends {\n      name\n      instances {\n        id\n        modelName\n        status\n        contextLength\n        parallel\n        pinned\n        spilled\n        expiresAt\n        keepAlive\n        vramBytes\n        memory {\n          bytes\n          gpuBytes\n        }\n        activeJobs {\n          id\n        }\n        gpus {\n          index\n        }\n        model {\n          digest\n        }\n      }\n    }\n  }\n": typeof types.InMemoryDocument,
};
const documents: Documents = {
    "\n  query Cells {\n    backends {\n      id\n      name\n      capabilities {\n        startsProcesses\n      }\n      cells {\n        id\n        role\n        modelName\n        gpus {\n          index\n        }\n        pid\n        port\n        status\n        residentBytes\n        startedAt\n        endedAt\n        exitReason\n      }\n    }\n  }\n": types.CellsDocument,
    "\n  query CellLog($id: ID!, $lines: Int!) {\n    node(id: $id) {\n      __typename\n      ... on Cell {\n        status\n        endedAt\n        exitReason\n        logTail(lines: $lines)\n      }\n    }\n  }\n": types.CellLogDocument,
    "\n  mutation SubmitJob($input: SubmitJobInput!) {\n    submitJob(input: $input) {\n      __typename\n      ... on SubmitJobPayload {\n        job {\n          id\n          kind\n          modelName\n        }\n      }\n      ... on InvalidInputError {\n        issues {\n          path\n          message\n        }\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n": types.SubmitJobDocument,
    "\n  mutation SubmitBatch($input: SubmitBatchInput!) {\n    submitBatch(input: $input) {\n      __typename\n      ... on SubmitBatchPayload {\n        batch {\n          id\n        }\n      }\n      ... on InvalidInputError {\n        issues {\n          path\n          message\n        }\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n": types.SubmitBatchDocument,
    "\n  query BatchJobs($id: ID!, $after: String) {\n    batch(id: $id) {\n      jobs(first: 100, after: $after) {\n        nodes {\n          id\n          modelName\n          status\n        }\n        pageInfo {\n          hasNextPage\n          endCursor\n        }\n      }\n    }\n  }\n": types.BatchJobsDocument,
    "\n  query ExpectedEnds($ids: [ID!]!) {\n    nodes(ids: $ids) {\n      __typename\n      ... on Job {\n        status\n        finishedAt\n        expectedEndAt\n      }\n    }\n  }\n": types.ExpectedEndsDocument,
    "\n  query JobStates($ids: [ID!]!) {\n    nodes(ids: $ids) {\n      __typename\n      ... on Job {\n        id\n        status\n      }\n    }\n  }\n": types.JobStatesDocument,
    "\n  query JobTimes($ids: [ID!]!) {\n    nodes(ids: $ids) {\n      __typename\n      ... on Job {\n        kind\n        modelName\n        status\n        createdAt\n        startedAt\n        finishedAt\n        result {\n          __typename\n          ... on TextResult {\n            truncated\n          }\n          ... on EmbedResult {\n            truncated\n          }\n        }\n      }\n    }\n  }\n": types.JobTimesDocument,
    "\n  subscription JobUpdates($filter: JobFilter) {\n    jobUpdated(filter: $filter) {\n      type\n      job {\n        id\n        status\n      }\n    }\n  }\n": types.JobUpdatesDocument,
    "\n  query JobWaits($id: ID!) {\n    job(id: $id) {\n      status\n      queuePosition\n      waiting {\n        reason\n        explanation\n      }\n    }\n  }\n": types.JobWaitsDocument,
    "\n  subscription JobOutput($id: ID!, $attempt: Int, $fromOffset: Int) {\n    jobOutput(id: $id, attempt: $attempt, fromOffset: $fromOffset) {\n      attempt\n      channel\n      offset\n      text\n    }\n  }\n": types.JobOutputDocument,
    "\n  query ListJobs($first: Int!, $after: String, $filter: JobFilter) {\n    jobs(first: $first, after: $after, filter: $filter) {\n      totalCount\n      nodes {\n        id\n        status\n        priority\n        kind\n        modelName\n        client\n        createdAt\n        startedAt\n        finishedAt\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": types.ListJobsDocument,
    "\n  query ShowJob($id: ID!) {\n    job(id: $id) {\n      id\n      status\n      kind\n      modelName\n      priority\n      client\n      queuePosition\n      createdAt\n      startedAt\n      finishedAt\n      deadline\n      maxAttempts\n      metadata\n      labels {\n        key\n        value\n      }\n      batch {\n        id\n        name\n      }\n      backend {\n        name\n      }\n      expectedStartAt\n      expectedEndAt\n      waiting {\n        reason\n        explanation\n      }\n      failure {\n        code\n        message\n        retryable\n      }\n      attempts {\n        number\n        backendName\n        startedAt\n        finishedAt\n        failure {\n          code\n          message\n        }\n      }\n      result {\n        __typename\n        ... on TextResult {\n          contextLength\n          doneReason\n          text\n          thinking\n          toolCalls\n          truncated\n          usage {\n            promptTokens\n            promptDuration\n            completionTokens\n            evalDuration\n            loadDuration\n          }\n        }\n        ... on EmbedResult {\n          bytes\n          contextLength\n          count\n          dimensions\n          truncated\n          usage {\n            promptTokens\n            promptDuration\n            completionTokens\n            evalDuration\n            loadDuration\n          }\n        }\n      }\n    }\n  }\n": types.ShowJobDocument,
    "\n  query ReadEmbeddings($id: ID!, $first: Int!, $offset: Int!) {\n    job(id: $id) {\n      result {\n        __typename\n        ... on EmbedResult {\n          embeddings(first: $first, offset: $offset)\n        }\n      }\n    }\n  }\n": types.ReadEmbeddingsDocument,
    "\n  query Situation {\n    stats {\n      counts {\n        pending\n        queued\n        running\n      }\n      swaps {\n        loads\n        unloads\n        evictions\n      }\n      latency(window: 3600000) {\n        queueP50\n        queueP95\n        runP50\n      }\n    }\n  }\n": types.SituationDocument,
    "\n  subscription VramUpdates {\n    vramChanged(minInterval: 250) {\n      backends {\n        health\n        problem\n        vram {\n          totalBytes\n          usedBytes\n        }\n        instances {\n          modelName\n          status\n        }\n      }\n    }\n  }\n": types.VramUpdatesDocument,
    "\n  query ServerVersion {\n    stats {\n      version\n    }\n  }\n": types.ServerVersionDocument,
    "\n  query KindsOfIds($ids: [ID!]!) {\n    nodes(ids: $ids) {\n      __typename\n      id\n    }\n  }\n": types.KindsOfIdsDocument,
    "\n  query IdsWithPrefix($prefix: String!) {\n    idsWithPrefix(prefix: $prefix)\n  }\n": types.IdsWithPrefixDocument,
    "\n  query ShowBatch($id: ID!) {\n    batch(id: $id) {\n      id\n      name\n      client\n      createdAt\n      finishedAt\n      expectedEnd\n      counts {\n        pending\n        queued\n        running\n        complete\n        failed\n        cancelled\n        total\n      }\n    }\n  }\n": types.ShowBatchDocument,
    "\n  query CheckBatch($input: SubmitBatchInput!) {\n    checkBatch(input: $input) {\n      path\n      message\n    }\n  }\n": types.CheckBatchDocument,
    "\n  mutation CancelJob($input: CancelJobInput!) {\n    cancelJob(input: $input) {\n      __typename\n      ... on CancelJobPayload {\n        job {\n          status\n        }\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n": types.CancelJobDocument,
    "\n  mutation RetryJob($input: RetryJobInput!) {\n    retryJob(input: $input) {\n      __typename\n      ... on RetryJobPayload {\n        job {\n          status\n        }\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n": types.RetryJobDocument,
    "\n  mutation UpdateJobPriority($input: UpdateJobPriorityInput!) {\n    updateJobPriority(input: $input) {\n      __typename\n      ... on UpdateJobPriorityPayload {\n        job {\n          status\n          priority\n        }\n      }\n      ... on InvalidInputError {\n        issues {\n          path\n          message\n        }\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n": types.UpdateJobPriorityDocument,
    "\n  mutation CancelJobs($input: CancelJobsInput!) {\n    cancelJobs(input: $input) {\n      __typename\n      ... on CancelJobsPayload {\n        changed\n        more\n      }\n      ... on InvalidInputError {\n        issues {\n          path\n          message\n        }\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n": types.CancelJobsDocument,
    "\n  mutation RetryJobs($input: RetryJobsInput!) {\n    retryJobs(input: $input) {\n      __typename\n      ... on RetryJobsPayload {\n        changed\n        more\n      }\n      ... on InvalidInputError {\n        issues {\n          path\n          message\n        }\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n": types.RetryJobsDocument,
    "\n  mutation UpdateJobPriorities($input: UpdateJobPrioritiesInput!) {\n    updateJobPriorities(input: $input) {\n      __typename\n      ... on UpdateJobPrioritiesPayload {\n        changed\n        more\n      }\n      ... on InvalidInputError {\n        issues {\n          path\n          message\n        }\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n": types.UpdateJobPrioritiesDocument,
    "\n  mutation PauseScheduler {\n    pauseScheduler {\n      stats {\n        paused\n        counts {\n          pending\n          queued\n          running\n        }\n      }\n    }\n  }\n": types.PauseSchedulerDocument,
    "\n  mutation ResumeScheduler {\n    resumeScheduler {\n      stats {\n        paused\n        counts {\n          pending\n          queued\n          running\n        }\n      }\n    }\n  }\n": types.ResumeSchedulerDocument,
    "\n  mutation LoadModel($input: LoadModelInput!) {\n    loadModel(input: $input) {\n      __typename\n      ... on LoadModelPayload {\n        instance {\n          ...PlacedInstance\n        }\n      }\n      ... on InvalidInputError {\n        issues {\n          path\n          message\n        }\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n\n  fragment PlacedInstance on Instance {\n    modelName\n    contextLength\n    vramBytes\n    spilled\n    pinned\n    backend {\n      name\n    }\n    gpus {\n      index\n    }\n  }\n": types.LoadModelDocument,
    "\n  mutation PinModel($input: PinModelInput!) {\n    pinModel(input: $input) {\n      __typename\n      ... on PinModelPayload {\n        instance {\n          ...PlacedInstance\n        }\n      }\n      ... on InvalidInputError {\n        issues {\n          path\n          message\n        }\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n": types.PinModelDocument,
    "\n  mutation UnloadModel($input: UnloadModelInput!) {\n    unloadModel(input: $input) {\n      __typename\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n": types.UnloadModelDocument,
    "\n  mutation UnpinModel($input: UnpinModelInput!) {\n    unpinModel(input: $input) {\n      __typename\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n": types.UnpinModelDocument,
    "\n  query Gpus {\n    backends {\n      id\n      name\n      gpus {\n        id\n        index\n        name\n      }\n    }\n  }\n": types.GpusDocument,
    "\n  mutation ReserveVram($input: ReserveVramInput!) {\n    reserveVram(input: $input) {\n      __typename\n      ... on ReserveVramPayload {\n        reservation {\n          id\n          bytes\n          ready\n          expiresAt\n          gpu {\n            index\n            name\n          }\n        }\n      }\n      ... on InvalidInputError {\n        issues {\n          path\n          message\n        }\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n": types.ReserveVramDocument,
    "\n  mutation ReleaseVram($input: ReleaseVramInput!) {\n    releaseVram(input: $input) {\n      __typename\n      ... on InvalidInputError {\n        issues {\n          path\n          message\n        }\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n": types.ReleaseVramDocument,
    "\n  query Reservations {\n    reservations {\n      id\n      owner\n      bytes\n      ready\n      kind\n      expiresAt\n      gpu {\n        index\n        name\n      }\n    }\n  }\n": types.ReservationsDocument,
    "\n  query WorkerAllocation($input: WorkerAllocationInput!) {\n    workerAllocation(input: $input) {\n      workers\n      bytesPerWorker\n      freeBytes\n      explanation\n      gpu {\n        id\n        index\n        name\n      }\n    }\n  }\n": types.WorkerAllocationDocument,
    "\n  query MemoryBudget($models: [String!]) {\n    memoryBudget(models: $models) {\n      fits\n      exact\n      requiredBytes\n      capacityBytes\n      freeBytes\n      explanation\n      models {\n        modelName\n        footprintBytes\n        measured\n        gpus {\n          index\n          name\n        }\n      }\n    }\n  }\n": types.MemoryBudgetDocument,
    "\n  subscription TopMemory {\n    vramChanged(minInterval: 250) {\n      backends {\n        name\n        health\n        capabilities {\n          startsProcesses\n        }\n        cells {\n          role\n          status\n          residentBytes\n        }\n        gpus {\n          index\n          name\n          foreignProcesses {\n            pid\n            name\n            bytes\n          }\n          reservations {\n            owner\n            bytes\n            ready\n            expiresAt\n          }\n          vram {\n            totalBytes\n            headroomBytes\n            reservedBytes\n            foreignBytes\n            instanceBytes\n            freeBytes\n            deficitBytes\n            sampledAt\n          }\n        }\n        instances {\n          id\n          modelName\n          status\n          contextLength\n          parallel\n          pinned\n          spilled\n          expiresAt\n          lastUsedAt\n          vramBytes\n          activeJobs {\n            id\n          }\n          gpus {\n            index\n          }\n        }\n      }\n    }\n  }\n": types.TopMemoryDocument,
    "\n  query TopSituation($decisions: Int!) {\n    health {\n      status\n      problems {\n        message\n      }\n    }\n    stats {\n      version\n      startedAt\n      paused\n      counts {\n        pending\n        queued\n        running\n      }\n      swaps {\n        loads\n        evictions\n        coldStarts\n        warmStarts\n      }\n      latency {\n        queueP50\n        queueP95\n      }\n      queues {\n        modelName\n        contextLength\n        pendingHigh\n        pendingNormal\n        pendingLow\n        oldestAge\n        expectedClear\n      }\n    }\n    decisions(first: $decisions) {\n      nodes {\n        at\n        kind\n        modelName\n        explanation\n      }\n    }\n  }\n": types.TopSituationDocument,
    "\n  query ModelTable($after: String) {\n    models(first: 100, after: $after) {\n      nodes {\n        name\n        digest\n        diskBytes\n        modifiedAt\n        parameterSize\n        quantization\n        contextLength\n        capabilities\n        vramEstimate {\n          bytes\n          measured\n        }\n        instances {\n          status\n          pinned\n          contextLength\n          backend {\n            name\n          }\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": types.ModelTableDocument,
    "\n  query ListModels($after: String) {\n    models(first: 100, after: $after) {\n      nodes {\n        name\n        capabilities\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": types.ListModelsDocument,
    "\n  query ModelName($name: String!) {\n    model(name: $name) {\n      name\n    }\n  }\n": types.ModelNameDocument,
    "\n  query ModelFacts($name: String!) {\n    model(name: $name) {\n      name\n      capabilities\n      contextLength\n      parameterSize\n      quantization\n    }\n  }\n": types.ModelFactsDocument,
    "\n  query ShowModel($name: String!, $verbose: Boolean!) {\n    model(name: $name) {\n      details(verbose: $verbose) {\n        __typename\n        ... on ModelDetails {\n          capabilities\n          license\n          modelInfo\n          modelfile\n          parameters\n          projectorInfo\n          system\n          template\n          tensors\n        }\n        ... on UserError {\n          code\n          message\n        }\n      }\n      name\n      digest\n      diskBytes\n      family\n      parameterSize\n      quantization\n      contextLength\n      capabilities\n      vramEstimate {\n        bytes\n        measured\n      }\n      backends {\n        name\n        url\n      }\n      instances {\n        status\n        pinned\n        contextLength\n        vramBytes\n        backend {\n          name\n        }\n      }\n    }\n  }\n": types.ShowModelDocument,
    "\n  query BackendNames {\n    backends {\n      id\n      name\n    }\n  }\n": types.BackendNamesDocument,
    "\n  mutation PullModel($input: PullModelInput!) {\n    pullModel(input: $input) {\n      __typename\n      ... on PullModelPayload {\n        pull {\n          id\n        }\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n": types.PullModelDocument,
    "\n  subscription PullUpdates($id: ID!) {\n    pullUpdated(id: $id) {\n      id\n      modelName\n      status\n      step\n      completedBytes\n      totalBytes\n      error\n      startedAt\n      backend {\n        name\n      }\n    }\n  }\n": types.PullUpdatesDocument,
    "\n  mutation CopyModel($input: CopyModelInput!) {\n    copyModel(input: $input) {\n      __typename\n      ... on CopyModelPayload {\n        model {\n          name\n        }\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n": types.CopyModelDocument,
    "\n  mutation DeleteModel($input: DeleteModelInput!) {\n    deleteModel(input: $input) {\n      __typename\n      ... on DeleteModelPayload {\n        modelName\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n": types.DeleteModelDocument,
    "\n  query BackendTroubles {\n    backends {\n      name\n      url\n      health\n      problem\n    }\n  }\n": types.BackendTroublesDocument,
    "\n  query RecordedJobs($first: Int!, $after: String) {\n    jobs(first: $first, after: $after, filter: { statuses: [COMPLETE] }) {\n      nodes {\n        modelName\n        client\n        priority\n        createdAt\n        startedAt\n        finishedAt\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": types.RecordedJobsDocument,
    "\n  query ModelSizes($first: Int!, $after: String) {\n    models(first: $first, after: $after) {\n      nodes {\n        name\n        diskBytes\n        vramEstimate {\n          bytes\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": types.ModelSizesDocument,
    "\n  query HealthReport {\n    health {\n      status\n      problems {\n        code\n        message\n        backend {\n          name\n        }\n      }\n      backends {\n        name\n        url\n        mode\n        health\n        version\n        gpus {\n          index\n        }\n        vram {\n          totalBytes\n          usedBytes\n        }\n      }\n    }\n    stats {\n      startEstimates {\n        sampleCount\n        medianError\n      }\n      workEstimates {\n        sampleCount\n        medianError\n        bias\n      }\n    }\n  }\n": types.HealthReportDocument,
    "\n  query Decisions($first: Int!, $after: String, $filter: DecisionFilter) {\n    decisions(first: $first, after: $after, filter: $filter) {\n      totalCount\n      nodes {\n        at\n        kind\n        modelName\n        explanation\n        backend {\n          name\n        }\n        job {\n          id\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": types.DecisionsDocument,
    "\n  query InMemory {\n    backends {\n      name\n      instances {\n        id\n        modelName\n        status\n        contextLength\n        parallel\n        pinned\n        spilled\n        expiresAt\n        keepAlive\n        vramBytes\n        memory {\n          bytes\n          gpuBytes\n        }\n        activeJobs {\n          id\n        }\n        gpus {\n          index\n        }\n        model {\n          digest\n        }\n      }\n    }\n  }\n": types.InMemoryDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Cells {\n    backends {\n      id\n      name\n      capabilities {\n        startsProcesses\n      }\n      cells {\n        id\n        role\n        modelName\n        gpus {\n          index\n        }\n        pid\n        port\n        status\n        residentBytes\n        startedAt\n        endedAt\n        exitReason\n      }\n    }\n  }\n"): typeof import('./graphql.ts').CellsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query CellLog($id: ID!, $lines: Int!) {\n    node(id: $id) {\n      __typename\n      ... on Cell {\n        status\n        endedAt\n        exitReason\n        logTail(lines: $lines)\n      }\n    }\n  }\n"): typeof import('./graphql.ts').CellLogDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation SubmitJob($input: SubmitJobInput!) {\n    submitJob(input: $input) {\n      __typename\n      ... on SubmitJobPayload {\n        job {\n          id\n          kind\n          modelName\n        }\n      }\n      ... on InvalidInputError {\n        issues {\n          path\n          message\n        }\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n"): typeof import('./graphql.ts').SubmitJobDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation SubmitBatch($input: SubmitBatchInput!) {\n    submitBatch(input: $input) {\n      __typename\n      ... on SubmitBatchPayload {\n        batch {\n          id\n        }\n      }\n      ... on InvalidInputError {\n        issues {\n          path\n          message\n        }\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n"): typeof import('./graphql.ts').SubmitBatchDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query BatchJobs($id: ID!, $after: String) {\n    batch(id: $id) {\n      jobs(first: 100, after: $after) {\n        nodes {\n          id\n          modelName\n          status\n        }\n        pageInfo {\n          hasNextPage\n          endCursor\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').BatchJobsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ExpectedEnds($ids: [ID!]!) {\n    nodes(ids: $ids) {\n      __typename\n      ... on Job {\n        status\n        finishedAt\n        expectedEndAt\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ExpectedEndsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query JobStates($ids: [ID!]!) {\n    nodes(ids: $ids) {\n      __typename\n      ... on Job {\n        id\n        status\n      }\n    }\n  }\n"): typeof import('./graphql.ts').JobStatesDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query JobTimes($ids: [ID!]!) {\n    nodes(ids: $ids) {\n      __typename\n      ... on Job {\n        kind\n        modelName\n        status\n        createdAt\n        startedAt\n        finishedAt\n        result {\n          __typename\n          ... on TextResult {\n            truncated\n          }\n          ... on EmbedResult {\n            truncated\n          }\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').JobTimesDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription JobUpdates($filter: JobFilter) {\n    jobUpdated(filter: $filter) {\n      type\n      job {\n        id\n        status\n      }\n    }\n  }\n"): typeof import('./graphql.ts').JobUpdatesDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query JobWaits($id: ID!) {\n    job(id: $id) {\n      status\n      queuePosition\n      waiting {\n        reason\n        explanation\n      }\n    }\n  }\n"): typeof import('./graphql.ts').JobWaitsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription JobOutput($id: ID!, $attempt: Int, $fromOffset: Int) {\n    jobOutput(id: $id, attempt: $attempt, fromOffset: $fromOffset) {\n      attempt\n      channel\n      offset\n      text\n    }\n  }\n"): typeof import('./graphql.ts').JobOutputDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ListJobs($first: Int!, $after: String, $filter: JobFilter) {\n    jobs(first: $first, after: $after, filter: $filter) {\n      totalCount\n      nodes {\n        id\n        status\n        priority\n        kind\n        modelName\n        client\n        createdAt\n        startedAt\n        finishedAt\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ListJobsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ShowJob($id: ID!) {\n    job(id: $id) {\n      id\n      status\n      kind\n      modelName\n      priority\n      client\n      queuePosition\n      createdAt\n      startedAt\n      finishedAt\n      deadline\n      maxAttempts\n      metadata\n      labels {\n        key\n        value\n      }\n      batch {\n        id\n        name\n      }\n      backend {\n        name\n      }\n      expectedStartAt\n      expectedEndAt\n      waiting {\n        reason\n        explanation\n      }\n      failure {\n        code\n        message\n        retryable\n      }\n      attempts {\n        number\n        backendName\n        startedAt\n        finishedAt\n        failure {\n          code\n          message\n        }\n      }\n      result {\n        __typename\n        ... on TextResult {\n          contextLength\n          doneReason\n          text\n          thinking\n          toolCalls\n          truncated\n          usage {\n            promptTokens\n            promptDuration\n            completionTokens\n            evalDuration\n            loadDuration\n          }\n        }\n        ... on EmbedResult {\n          bytes\n          contextLength\n          count\n          dimensions\n          truncated\n          usage {\n            promptTokens\n            promptDuration\n            completionTokens\n            evalDuration\n            loadDuration\n          }\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ShowJobDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ReadEmbeddings($id: ID!, $first: Int!, $offset: Int!) {\n    job(id: $id) {\n      result {\n        __typename\n        ... on EmbedResult {\n          embeddings(first: $first, offset: $offset)\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ReadEmbeddingsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Situation {\n    stats {\n      counts {\n        pending\n        queued\n        running\n      }\n      swaps {\n        loads\n        unloads\n        evictions\n      }\n      latency(window: 3600000) {\n        queueP50\n        queueP95\n        runP50\n      }\n    }\n  }\n"): typeof import('./graphql.ts').SituationDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription VramUpdates {\n    vramChanged(minInterval: 250) {\n      backends {\n        health\n        problem\n        vram {\n          totalBytes\n          usedBytes\n        }\n        instances {\n          modelName\n          status\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').VramUpdatesDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ServerVersion {\n    stats {\n      version\n    }\n  }\n"): typeof import('./graphql.ts').ServerVersionDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query KindsOfIds($ids: [ID!]!) {\n    nodes(ids: $ids) {\n      __typename\n      id\n    }\n  }\n"): typeof import('./graphql.ts').KindsOfIdsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query IdsWithPrefix($prefix: String!) {\n    idsWithPrefix(prefix: $prefix)\n  }\n"): typeof import('./graphql.ts').IdsWithPrefixDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ShowBatch($id: ID!) {\n    batch(id: $id) {\n      id\n      name\n      client\n      createdAt\n      finishedAt\n      expectedEnd\n      counts {\n        pending\n        queued\n        running\n        complete\n        failed\n        cancelled\n        total\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ShowBatchDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query CheckBatch($input: SubmitBatchInput!) {\n    checkBatch(input: $input) {\n      path\n      message\n    }\n  }\n"): typeof import('./graphql.ts').CheckBatchDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CancelJob($input: CancelJobInput!) {\n    cancelJob(input: $input) {\n      __typename\n      ... on CancelJobPayload {\n        job {\n          status\n        }\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n"): typeof import('./graphql.ts').CancelJobDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation RetryJob($input: RetryJobInput!) {\n    retryJob(input: $input) {\n      __typename\n      ... on RetryJobPayload {\n        job {\n          status\n        }\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n"): typeof import('./graphql.ts').RetryJobDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation UpdateJobPriority($input: UpdateJobPriorityInput!) {\n    updateJobPriority(input: $input) {\n      __typename\n      ... on UpdateJobPriorityPayload {\n        job {\n          status\n          priority\n        }\n      }\n      ... on InvalidInputError {\n        issues {\n          path\n          message\n        }\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n"): typeof import('./graphql.ts').UpdateJobPriorityDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CancelJobs($input: CancelJobsInput!) {\n    cancelJobs(input: $input) {\n      __typename\n      ... on CancelJobsPayload {\n        changed\n        more\n      }\n      ... on InvalidInputError {\n        issues {\n          path\n          message\n        }\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n"): typeof import('./graphql.ts').CancelJobsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation RetryJobs($input: RetryJobsInput!) {\n    retryJobs(input: $input) {\n      __typename\n      ... on RetryJobsPayload {\n        changed\n        more\n      }\n      ... on InvalidInputError {\n        issues {\n          path\n          message\n        }\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n"): typeof import('./graphql.ts').RetryJobsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation UpdateJobPriorities($input: UpdateJobPrioritiesInput!) {\n    updateJobPriorities(input: $input) {\n      __typename\n      ... on UpdateJobPrioritiesPayload {\n        changed\n        more\n      }\n      ... on InvalidInputError {\n        issues {\n          path\n          message\n        }\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n"): typeof import('./graphql.ts').UpdateJobPrioritiesDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation PauseScheduler {\n    pauseScheduler {\n      stats {\n        paused\n        counts {\n          pending\n          queued\n          running\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').PauseSchedulerDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation ResumeScheduler {\n    resumeScheduler {\n      stats {\n        paused\n        counts {\n          pending\n          queued\n          running\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ResumeSchedulerDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation LoadModel($input: LoadModelInput!) {\n    loadModel(input: $input) {\n      __typename\n      ... on LoadModelPayload {\n        instance {\n          ...PlacedInstance\n        }\n      }\n      ... on InvalidInputError {\n        issues {\n          path\n          message\n        }\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n\n  fragment PlacedInstance on Instance {\n    modelName\n    contextLength\n    vramBytes\n    spilled\n    pinned\n    backend {\n      name\n    }\n    gpus {\n      index\n    }\n  }\n"): typeof import('./graphql.ts').LoadModelDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation PinModel($input: PinModelInput!) {\n    pinModel(input: $input) {\n      __typename\n      ... on PinModelPayload {\n        instance {\n          ...PlacedInstance\n        }\n      }\n      ... on InvalidInputError {\n        issues {\n          path\n          message\n        }\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n"): typeof import('./graphql.ts').PinModelDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation UnloadModel($input: UnloadModelInput!) {\n    unloadModel(input: $input) {\n      __typename\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n"): typeof import('./graphql.ts').UnloadModelDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation UnpinModel($input: UnpinModelInput!) {\n    unpinModel(input: $input) {\n      __typename\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n"): typeof import('./graphql.ts').UnpinModelDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Gpus {\n    backends {\n      id\n      name\n      gpus {\n        id\n        index\n        name\n      }\n    }\n  }\n"): typeof import('./graphql.ts').GpusDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation ReserveVram($input: ReserveVramInput!) {\n    reserveVram(input: $input) {\n      __typename\n      ... on ReserveVramPayload {\n        reservation {\n          id\n          bytes\n          ready\n          expiresAt\n          gpu {\n            index\n            name\n          }\n        }\n      }\n      ... on InvalidInputError {\n        issues {\n          path\n          message\n        }\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ReserveVramDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation ReleaseVram($input: ReleaseVramInput!) {\n    releaseVram(input: $input) {\n      __typename\n      ... on InvalidInputError {\n        issues {\n          path\n          message\n        }\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ReleaseVramDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Reservations {\n    reservations {\n      id\n      owner\n      bytes\n      ready\n      kind\n      expiresAt\n      gpu {\n        index\n        name\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ReservationsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query WorkerAllocation($input: WorkerAllocationInput!) {\n    workerAllocation(input: $input) {\n      workers\n      bytesPerWorker\n      freeBytes\n      explanation\n      gpu {\n        id\n        index\n        name\n      }\n    }\n  }\n"): typeof import('./graphql.ts').WorkerAllocationDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query MemoryBudget($models: [String!]) {\n    memoryBudget(models: $models) {\n      fits\n      exact\n      requiredBytes\n      capacityBytes\n      freeBytes\n      explanation\n      models {\n        modelName\n        footprintBytes\n        measured\n        gpus {\n          index\n          name\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').MemoryBudgetDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription TopMemory {\n    vramChanged(minInterval: 250) {\n      backends {\n        name\n        health\n        capabilities {\n          startsProcesses\n        }\n        cells {\n          role\n          status\n          residentBytes\n        }\n        gpus {\n          index\n          name\n          foreignProcesses {\n            pid\n            name\n            bytes\n          }\n          reservations {\n            owner\n            bytes\n            ready\n            expiresAt\n          }\n          vram {\n            totalBytes\n            headroomBytes\n            reservedBytes\n            foreignBytes\n            instanceBytes\n            freeBytes\n            deficitBytes\n            sampledAt\n          }\n        }\n        instances {\n          id\n          modelName\n          status\n          contextLength\n          parallel\n          pinned\n          spilled\n          expiresAt\n          lastUsedAt\n          vramBytes\n          activeJobs {\n            id\n          }\n          gpus {\n            index\n          }\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').TopMemoryDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query TopSituation($decisions: Int!) {\n    health {\n      status\n      problems {\n        message\n      }\n    }\n    stats {\n      version\n      startedAt\n      paused\n      counts {\n        pending\n        queued\n        running\n      }\n      swaps {\n        loads\n        evictions\n        coldStarts\n        warmStarts\n      }\n      latency {\n        queueP50\n        queueP95\n      }\n      queues {\n        modelName\n        contextLength\n        pendingHigh\n        pendingNormal\n        pendingLow\n        oldestAge\n        expectedClear\n      }\n    }\n    decisions(first: $decisions) {\n      nodes {\n        at\n        kind\n        modelName\n        explanation\n      }\n    }\n  }\n"): typeof import('./graphql.ts').TopSituationDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ModelTable($after: String) {\n    models(first: 100, after: $after) {\n      nodes {\n        name\n        digest\n        diskBytes\n        modifiedAt\n        parameterSize\n        quantization\n        contextLength\n        capabilities\n        vramEstimate {\n          bytes\n          measured\n        }\n        instances {\n          status\n          pinned\n          contextLength\n          backend {\n            name\n          }\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ModelTableDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ListModels($after: String) {\n    models(first: 100, after: $after) {\n      nodes {\n        name\n        capabilities\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ListModelsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ModelName($name: String!) {\n    model(name: $name) {\n      name\n    }\n  }\n"): typeof import('./graphql.ts').ModelNameDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ModelFacts($name: String!) {\n    model(name: $name) {\n      name\n      capabilities\n      contextLength\n      parameterSize\n      quantization\n    }\n  }\n"): typeof import('./graphql.ts').ModelFactsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ShowModel($name: String!, $verbose: Boolean!) {\n    model(name: $name) {\n      details(verbose: $verbose) {\n        __typename\n        ... on ModelDetails {\n          capabilities\n          license\n          modelInfo\n          modelfile\n          parameters\n          projectorInfo\n          system\n          template\n          tensors\n        }\n        ... on UserError {\n          code\n          message\n        }\n      }\n      name\n      digest\n      diskBytes\n      family\n      parameterSize\n      quantization\n      contextLength\n      capabilities\n      vramEstimate {\n        bytes\n        measured\n      }\n      backends {\n        name\n        url\n      }\n      instances {\n        status\n        pinned\n        contextLength\n        vramBytes\n        backend {\n          name\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ShowModelDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query BackendNames {\n    backends {\n      id\n      name\n    }\n  }\n"): typeof import('./graphql.ts').BackendNamesDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation PullModel($input: PullModelInput!) {\n    pullModel(input: $input) {\n      __typename\n      ... on PullModelPayload {\n        pull {\n          id\n        }\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n"): typeof import('./graphql.ts').PullModelDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription PullUpdates($id: ID!) {\n    pullUpdated(id: $id) {\n      id\n      modelName\n      status\n      step\n      completedBytes\n      totalBytes\n      error\n      startedAt\n      backend {\n        name\n      }\n    }\n  }\n"): typeof import('./graphql.ts').PullUpdatesDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CopyModel($input: CopyModelInput!) {\n    copyModel(input: $input) {\n      __typename\n      ... on CopyModelPayload {\n        model {\n          name\n        }\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n"): typeof import('./graphql.ts').CopyModelDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation DeleteModel($input: DeleteModelInput!) {\n    deleteModel(input: $input) {\n      __typename\n      ... on DeleteModelPayload {\n        modelName\n      }\n      ... on UserError {\n        code\n        message\n      }\n    }\n  }\n"): typeof import('./graphql.ts').DeleteModelDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query BackendTroubles {\n    backends {\n      name\n      url\n      health\n      problem\n    }\n  }\n"): typeof import('./graphql.ts').BackendTroublesDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query RecordedJobs($first: Int!, $after: String) {\n    jobs(first: $first, after: $after, filter: { statuses: [COMPLETE] }) {\n      nodes {\n        modelName\n        client\n        priority\n        createdAt\n        startedAt\n        finishedAt\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n"): typeof import('./graphql.ts').RecordedJobsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ModelSizes($first: Int!, $after: String) {\n    models(first: $first, after: $after) {\n      nodes {\n        name\n        diskBytes\n        vramEstimate {\n          bytes\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ModelSizesDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query HealthReport {\n    health {\n      status\n      problems {\n        code\n        message\n        backend {\n          name\n        }\n      }\n      backends {\n        name\n        url\n        mode\n        health\n        version\n        gpus {\n          index\n        }\n        vram {\n          totalBytes\n          usedBytes\n        }\n      }\n    }\n    stats {\n      startEstimates {\n        sampleCount\n        medianError\n      }\n      workEstimates {\n        sampleCount\n        medianError\n        bias\n      }\n    }\n  }\n"): typeof import('./graphql.ts').HealthReportDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Decisions($first: Int!, $after: String, $filter: DecisionFilter) {\n    decisions(first: $first, after: $after, filter: $filter) {\n      totalCount\n      nodes {\n        at\n        kind\n        modelName\n        explanation\n        backend {\n          name\n        }\n        job {\n          id\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n"): typeof import('./graphql.ts').DecisionsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query InMemory {\n    backends {\n      name\n      instances {\n        id\n        modelName\n        status\n        contextLength\n        parallel\n        pinned\n        spilled\n        expiresAt\n        keepAlive\n        vramBytes\n        memory {\n          bytes\n          gpuBytes\n        }\n        activeJobs {\n          id\n        }\n        gpus {\n          index\n        }\n        model {\n          digest\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').InMemoryDocument;


export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}
